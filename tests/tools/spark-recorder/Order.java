import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Puts in order what Spark puts in that of a hash table, or shuffles: variables, volumes and secrets that stand in
 * conf keys, the numbers of claims that it makes, folders of its scratch space. All are sorted by name. What comes in
 * an order of its own keeps it.
 */
final class Order {
    private static final String VOLUMES = "spark.kubernetes.driver.volumes.";
    private final Map<String, String> conf;

    Order(Map<String, String> conf) {
        this.conf = conf;
    }

    void apply(List<ObjectNode> objects) {
        TreeMap<String, String> claims = new TreeMap<>();
        for (ObjectNode object : objects) {
            if (object.path("kind").asText().equals("Pod")) {
                pod(object, claims);
            }
        }
        for (ObjectNode object : objects) {
            String claim = claims.get(object.at("/metadata/name").asText());
            if (claim != null && object.path("kind").asText().equals("PersistentVolumeClaim")) {
                ((ObjectNode) object.get("metadata")).put("name", claim);
            }
        }
        List<ObjectNode> of = objects.stream().filter(Order::isClaim).sorted(Comparator.comparing(Order::name)).toList();
        int next = 0;
        for (int at = 0; at < objects.size(); at++) {
            if (isClaim(objects.get(at))) {
                objects.set(at, of.get(next++));
            }
        }
    }

    private static boolean isClaim(JsonNode object) {
        return object.path("kind").asText().equals("PersistentVolumeClaim");
    }

    private static String name(JsonNode object) {
        return object.at("/metadata/name").asText();
    }

    private void pod(ObjectNode pod, Map<String, String> claims) {
        List<JsonNode> variables = new ArrayList<>();
        for (var entry : below("spark.kubernetes.driverEnv.").entrySet()) {
            variables.add(SparkRecorder.JSON.createObjectNode().put("name", entry.getKey()).put("value", entry.getValue()));
        }
        TreeSet<String> references = new TreeSet<>(below("spark.kubernetes.driver.secretKeyRef.").keySet());
        TreeSet<String> volumes = below(VOLUMES).keySet().stream().map(key -> key.split("\\."))
            .filter(parts -> parts.length > 1).map(parts -> parts[1]).collect(Collectors.toCollection(TreeSet::new));
        TreeSet<String> secrets = below("spark.kubernetes.driver.secrets.").keySet().stream()
            .map(name -> name + "-volume").collect(Collectors.toCollection(TreeSet::new));
        JsonNode spec = pod.path("spec");
        for (TreeSet<String> names : List.of(volumes, secrets)) {
            sort(spec.path("volumes"), names);
        }
        for (JsonNode container : spec.path("containers")) {
            if (container.path("env") instanceof ArrayNode env) {
                sortExactly(env, variables);
                sort(env, references);
                localDirs(env, container.path("volumeMounts"), volumes);
            }
            for (TreeSet<String> names : List.of(volumes, secrets)) {
                sort(container.path("volumeMounts"), names);
            }
        }
        claims(spec.path("volumes"), volumes, claims);
    }

    private Map<String, String> below(String prefix) {
        Map<String, String> found = new TreeMap<>();
        conf.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                found.put(key.substring(prefix.length()), value);
            }
        });
        return found;
    }

    /** The run of items that have these names. */
    private static void sort(JsonNode list, TreeSet<String> names) {
        for (int start = 0; !names.isEmpty() && start + names.size() <= list.size(); start++) {
            TreeMap<String, JsonNode> run = new TreeMap<>();
            for (int at = start; at < start + names.size(); at++) {
                run.put(list.get(at).path("name").asText(), list.get(at));
            }
            if (run.keySet().equals(names)) {
                put((ArrayNode) list, start, run.values());
                return;
            }
        }
    }

    /** The run of these very items, which stand in the wanted order. */
    private static void sortExactly(ArrayNode list, List<JsonNode> items) {
        for (int start = 0; !items.isEmpty() && start + items.size() <= list.size(); start++) {
            List<JsonNode> run = new ArrayList<>();
            for (int at = start; at < start + items.size(); at++) {
                run.add(list.get(at));
            }
            if (run.containsAll(items)) {
                put(list, start, items);
                return;
            }
        }
    }

    private static void put(ArrayNode list, int start, Iterable<JsonNode> items) {
        int at = start;
        for (JsonNode item : items) {
            list.set(at++, item);
        }
    }

    /** Spark shuffles them, to spread the load of many executors. */
    private static void localDirs(ArrayNode env, JsonNode mounts, TreeSet<String> volumes) {
        for (JsonNode variable : env) {
            if (variable.path("name").asText().equals("SPARK_LOCAL_DIRS") && variable.has("value")) {
                String[] folders = variable.get("value").asText().split(",");
                Arrays.sort(folders);
                ((ObjectNode) variable).put("value", String.join(",", folders));
            }
        }
        List<ObjectNode> own = new ArrayList<>();
        TreeSet<String> paths = new TreeSet<>();
        for (JsonNode mount : mounts) {
            if (mount.path("name").asText().startsWith("spark-local-dir-") && !volumes.contains(mount.path("name").asText())) {
                own.add((ObjectNode) mount);
                paths.add(mount.path("mountPath").asText());
            }
        }
        if (paths.size() == own.size()) {
            own.forEach(mount -> mount.put("mountPath", paths.pollFirst()));
        }
    }

    /** Claims are numbered as the volumes came; now the volumes stand in the order of their names. */
    private static void claims(JsonNode volumes, TreeSet<String> names, Map<String, String> claims) {
        int number = 0;
        for (JsonNode volume : volumes) {
            JsonNode claim = volume.path("persistentVolumeClaim").path("claimName");
            if (names.contains(volume.path("name").asText())) {
                if (claim.asText().matches(".*-driver-pvc-[0-9]+")) {
                    String renamed = claim.asText().replaceAll("[0-9]+$", "") + number;
                    claims.put(claim.asText(), renamed);
                    ((ObjectNode) volume.get("persistentVolumeClaim")).put("claimName", renamed);
                }
                number++;
            }
        }
    }
}
