import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.Set;
import java.util.TreeSet;

/** YAML that is the same bytes for the same data, whatever the libraries of the Spark line. Keys are sorted. */
final class Yaml {
    private static final Set<String> WORDS =
        Set.of("y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf");
    private final StringBuilder out = new StringBuilder();

    static String write(JsonNode node) {
        Yaml yaml = new Yaml();
        yaml.value(node, 0);
        return yaml.out.toString();
    }

    /** Begins at the start of a line, or behind the dash of its item. */
    private void value(JsonNode node, int indent) {
        if (node instanceof ObjectNode) {
            boolean first = true;
            Set<String> keys = new TreeSet<>();
            node.fieldNames().forEachRemaining(keys::add);
            for (String key : keys) {
                if (!first) {
                    out.append(" ".repeat(indent));
                }
                first = false;
                out.append(scalar(key)).append(':');
                child(node.get(key), indent);
            }
        } else {
            for (Iterator<JsonNode> items = node.elements(); items.hasNext();) {
                out.append("- ");
                JsonNode item = items.next();
                if (nested(item)) {
                    value(item, indent + 2);
                } else {
                    out.append(leaf(item, indent + 2)).append('\n');
                }
                if (items.hasNext()) {
                    out.append(" ".repeat(indent));
                }
            }
        }
    }

    private void child(JsonNode node, int indent) {
        if (!nested(node)) {
            out.append(' ').append(leaf(node, indent + 2)).append('\n');
            return;
        }
        int inner = node instanceof ArrayNode ? indent : indent + 2;
        out.append('\n').append(" ".repeat(inner));
        value(node, inner);
    }

    private static boolean nested(JsonNode node) {
        return node.isContainerNode() && !node.isEmpty();
    }

    private static String leaf(JsonNode node, int indent) {
        if (node.isContainerNode()) {
            return node instanceof ObjectNode ? "{}" : "[]";
        }
        if (!node.isTextual()) {
            return node.toString();
        }
        String text = node.asText();
        String lines = "\n" + " ".repeat(indent);
        return block(text) ? "|" + lines + text.strip().replace("\n", lines) : scalar(text);
    }

    /** Lines that a literal block shows as they are. */
    private static boolean block(String text) {
        return text.matches("(?s)[^\\s].*[^\\s]\n") && text.strip().contains("\n")
            && !text.matches("(?s).*(\n\n|[ \t]\n|[\\p{Cntrl}&&[^\n]]).*");
    }

    private static String scalar(String text) {
        boolean plain = text.matches("[A-Za-z/][A-Za-z0-9_./-]*") && !WORDS.contains(text.toLowerCase());
        return plain ? text : new com.fasterxml.jackson.databind.node.TextNode(text).toString();
    }
}
