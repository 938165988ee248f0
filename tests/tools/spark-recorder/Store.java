import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Puts the records of all Spark lines, LINE/NAME.yaml below a folder, where the repository keeps them, as
 * NAME/LINE.yaml: the first line whole, each further one as its changes against the line before, and no file where
 * there are none. What the API server stored is what was sent and its defaults: it is kept for the cases that are
 * listed (tests/spark_parity/stored), and would triple the rest.
 */
final class Store {
    private static final YAMLMapper YAML = new YAMLMapper();
    private final ArrayNode changes = SparkRecorder.JSON.createArrayNode();

    static void run(Path records, Path to, Path listed) throws IOException {
        List<String> whole = Files.readAllLines(listed);
        List<String> lines = names(records).sorted(Comparator.comparing(Store::number)).toList();
        for (String name : names(records.resolve(lines.get(0))).toList()) {
            Path folder = to.resolve(name.replace(".yaml", ""));
            Files.createDirectories(folder);
            for (String old : names(folder).toList()) {
                Files.delete(folder.resolve(old));
            }
            JsonNode before = null;
            for (String line : lines) {
                JsonNode record = YAML.readTree(records.resolve(line).resolve(name).toFile());
                if (!whole.contains(folder.getFileName().toString())) {
                    ((ObjectNode) record).remove("stored");
                }
                Path file = folder.resolve(line + ".yaml");
                if (before == null) {
                    Files.writeString(file, Yaml.write(record));
                } else if (!before.equals(record)) {
                    Store store = new Store();
                    store.compare("", before, record);
                    ObjectNode root = SparkRecorder.JSON.createObjectNode();
                    root.set("changes", store.changes);
                    Files.writeString(file, Yaml.write(root));
                }
                before = record;
            }
        }
    }

    private static Stream<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList().stream();
        }
    }

    private static int number(String version) {
        int number = 0;
        for (String part : version.split("\\.")) {
            number = number * 1000 + Integer.parseInt(part);
        }
        return number;
    }

    private void compare(String at, JsonNode before, JsonNode after) {
        if (before.equals(after)) {
            return;
        }
        if (before instanceof ObjectNode && after instanceof ObjectNode) {
            TreeSet<String> keys = new TreeSet<>();
            before.fieldNames().forEachRemaining(keys::add);
            after.fieldNames().forEachRemaining(keys::add);
            for (String key : keys) {
                String below = at + "/" + key.replace("~", "~0").replace("/", "~1");
                if (!after.has(key)) {
                    changes.addObject().put("at", below).put("gone", true);
                } else if (!before.has(key)) {
                    changes.addObject().put("at", below).set("is", after.get(key));
                } else {
                    compare(below, before.get(key), after.get(key));
                }
            }
        } else if (before instanceof ArrayNode && after instanceof ArrayNode) {
            lists(at, before, after);
        } else {
            changes.addObject().put("at", at).set("is", after);
        }
    }

    /** Items that are alike at both ends are left; between them, items one by one or a piece put for a piece. */
    private void lists(String at, JsonNode before, JsonNode after) {
        int start = 0;
        while (start < Math.min(before.size(), after.size()) && same(before.get(start), after.get(start))) {
            start++;
        }
        int end = 0;
        while (end < Math.min(before.size(), after.size()) - start
            && same(before.get(before.size() - 1 - end), after.get(after.size() - 1 - end))) {
            end++;
        }
        int gone = before.size() - start - end;
        int come = after.size() - start - end;
        // Later places first: the numbers of earlier ones hold whatever is done behind them.
        for (int item = 1; item <= end; item++) {
            compare(at + "/" + (before.size() - item), before.get(before.size() - item), after.get(after.size() - item));
        }
        if (gone > 0 || come > 0) {
            ObjectNode change = changes.addObject().put("at", at).put("index", start);
            if (gone > 0) {
                change.put("gone", gone);
            }
            if (come > 0) {
                ArrayNode items = change.putArray("new");
                for (int item = start; item < start + come; item++) {
                    items.add(after.get(item));
                }
            }
        }
        for (int item = start - 1; item >= 0; item--) {
            compare(at + "/" + item, before.get(item), after.get(item));
        }
    }

    /** Whether two items are one thing, changed or not: objects by their names. */
    private static boolean same(JsonNode one, JsonNode other) {
        return one.equals(other) || one.isObject() && other.isObject() && !name(one).isEmpty() && name(one).equals(name(other));
    }

    private static String name(JsonNode item) {
        String kind = item.path("kind").asText();
        return kind.isEmpty() ? item.path("name").asText() : kind + "/" + item.at("/metadata/name").asText();
    }
}
