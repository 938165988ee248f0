import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** tests/spark_parity/masks.json, applied. The comparison in Rust does the same with the same file. */
final class Masks {
    private final Map<Pattern, String> texts = new LinkedHashMap<>();
    private final Map<String, String> fields = new TreeMap<>();
    private final Set<String> sorted = new HashSet<>();
    private final Set<String> metadata = new HashSet<>();
    private final Set<String> objects = new HashSet<>();
    private final String version;

    Masks(Path file, String version) throws IOException {
        this.version = version;
        JsonNode root = SparkRecorder.JSON.readTree(file.toFile());
        for (JsonNode mask : root.get("texts")) {
            texts.put(Pattern.compile(mask.get("pattern").asText()), mask.get("becomes").asText());
        }
        root.get("fields").fields().forEachRemaining(field -> fields.put(field.getKey(), field.getValue().asText()));
        root.get("sorted_lines").forEach(key -> sorted.add(key.asText()));
        root.get("dropped_from_metadata").forEach(key -> metadata.add(key.asText()));
        root.get("dropped_from_objects").forEach(key -> objects.add(key.asText()));
    }

    String text(String text) {
        String masked = text;
        for (Map.Entry<Pattern, String> mask : texts.entrySet()) {
            masked = mask.getKey().matcher(masked).replaceAll(mask.getValue());
        }
        return masked;
    }

    JsonNode object(JsonNode object, UnaryOperator<String> restore) {
        ObjectNode copy = object.deepCopy();
        copy.remove(objects);
        if (copy.get("metadata") instanceof ObjectNode node) {
            node.remove(metadata);
        }
        return tree(copy, "", restore);
    }

    private JsonNode tree(JsonNode node, String key, UnaryOperator<String> restore) {
        if (node instanceof ObjectNode) {
            ObjectNode masked = SparkRecorder.JSON.createObjectNode();
            node.fields().forEachRemaining(
                field -> masked.set(text(field.getKey()), tree(field.getValue(), field.getKey(), restore)));
            return masked;
        }
        if (node instanceof ArrayNode) {
            ArrayNode masked = SparkRecorder.JSON.createArrayNode();
            node.forEach(item -> masked.add(tree(item, "", restore)));
            return masked;
        }
        if (!node.isTextual()) {
            return node;
        }
        String text = restore.apply(node.asText());
        if (fields.containsKey(key) && (!key.equals("spark-version") || text.equals(version))) {
            return new TextNode(fields.get(key));
        }
        return sorted.contains(key) ? sortedLines(text(text)) : new TextNode(text(text));
    }

    /** A list of lines. The comments on top stay there: what follows comes in the order of a hash table. */
    private static JsonNode sortedLines(String text) {
        String[] lines = text.split("\n");
        int from = 0;
        while (from < lines.length && lines[from].startsWith("#")) {
            from++;
        }
        Arrays.sort(lines, from, lines.length);
        ArrayNode list = SparkRecorder.JSON.createArrayNode();
        Arrays.asList(lines).forEach(list::add);
        return list;
    }
}
