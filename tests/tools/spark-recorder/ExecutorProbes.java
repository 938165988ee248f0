import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.SecurityManager;
import org.apache.spark.SparkConf;
import org.apache.spark.deploy.k8s.KubernetesConf$;
import org.apache.spark.deploy.k8s.SparkPod;
import org.apache.spark.resource.ExecutorResourceRequests;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfile$;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBuilder;
import scala.Option;

/**
 * Asks Spark what becomes of a field of the executors' pod template: builds the executor pod as a running driver does,
 * with the template and without, and compares. A line for each probe: its field, the
 * setting that says the same, and the verdict.
 */
final class ExecutorProbes {
    private static final YAMLMapper YAML = new YAMLMapper();
    private static final ObjectMapper SORTING =
        new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);
    private final KubernetesClient client = new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder().withMasterUrl("http://127.0.0.1:1").withAutoConfigure(false).build()).build();
    private final Map<String, String> conf = Map.of(
        "spark.app.name", "probe", "spark.app.id", "spark-0123456789abcdef0123456789abcdef",
        "spark.driver.host", "probe-driver-svc.spark-parity.svc", "spark.driver.port", "7078",
        "spark.kubernetes.namespace", "spark-parity", "spark.kubernetes.container.image", "spark:conf",
        "spark.kubernetes.executor.podNamePrefix", "probe", "spark.kubernetes.memoryOverheadFactor", "0.1",
        "spark.kubernetes.authenticate.driver.serviceAccountName", "driver-account",
        "spark.kubernetes.resource.type", "java");
    private final Masks masks;

    private ExecutorProbes(Masks masks) {
        this.masks = masks;
    }

    static void run(Path probes, Path out, Path masks) throws Exception {
        ExecutorProbes all = new ExecutorProbes(new Masks(masks, org.apache.spark.package$.MODULE$.SPARK_VERSION()));
        List<String> lines = new ArrayList<>();
        for (JsonNode probe : YAML.readTree(probes.toFile())) {
            lines.add(String.join("\t", probe.get("field").asText(), probe.path("by").asText(), all.verdict(probe)));
        }
        Files.write(out, lines);
    }

    private String verdict(JsonNode probe) throws Exception {
        ObjectNode template = (ObjectNode) YAML.readTree("apiVersion: v1\nkind: Pod\n");
        template.setAll((ObjectNode) probe.get("template"));
        String at = probe.get("at").asText();
        JsonNode given = probe.has("given") ? probe.get("given") : given(template, at);
        JsonNode with;
        JsonNode without;
        try {
            with = pod(template, probe).at(at);
        } catch (Exception refused) {
            return "refused: " + masks.text(String.valueOf(refused.getMessage())).replaceAll("\\s+", " ");
        }
        without = pod(null, probe).at(at);
        if (with.equals(given)) {
            return without.equals(given) ? "same" : "kept";
        }
        if (with.equals(without)) {
            return without.isMissingNode() ? "dropped" : "overwritten: " + show(without);
        }
        if (given.isArray() && with.isArray() && contains(with, given)) {
            return first(with, given) ? "kept, Spark's behind" + twice(with) : "kept, not first: " + show(with);
        }
        if (given.isObject() && with.isObject() && keeps(with, given)) {
            return "merged: " + show(with);
        }
        return "changed: " + show(with);
    }

    /** The template's own value, where the template's container is Spark's. */
    private static JsonNode given(JsonNode template, String at) throws IOException {
        JsonNode pod = template.deepCopy();
        if (at.startsWith("/container/")) {
            return pod.at("/spec/containers/0" + at.substring("/container".length()));
        }
        return pod.at(at.substring("/pod".length()));
    }

    private JsonNode pod(JsonNode template, JsonNode probe) throws Exception {
        SparkConf spark = new SparkConf(false);
        conf.forEach(spark::set);
        probe.path("conf").fields().forEachRemaining(entry -> spark.set(entry.getKey(), entry.getValue().asText()));
        if (template != null) {
            Path file = Files.createTempFile("template", ".yaml");
            Files.writeString(file, template.toString());
            spark.set("spark.kubernetes.executor.podTemplateFile", file.toString());
        }
        ResourceProfile$.MODULE$.clearDefaultProfile();
        ResourceProfile profile = ResourceProfile$.MODULE$.getOrCreateDefaultProfile(spark);
        if (probe.path("profile").asText().equals("custom")) {
            profile = new ResourceProfileBuilder().require(new ExecutorResourceRequests().cores(3).memory("2g"))
                .require(new TaskResourceRequests().cpus(1)).build();
        }
        Pod driver = new PodBuilder().withApiVersion("v1").withKind("Pod").withNewMetadata().withName("probe-driver")
            .withUid("00000000-0000-0000-0000-000000000000").endMetadata().build();
        var executor = KubernetesConf$.MODULE$.createExecutorConf(spark, "1", spark.get("spark.app.id"),
            Option.apply(driver), profile.id());
        var security = new SecurityManager(spark, Option.empty(), SecurityManager.$lessinit$greater$default$3());
        SparkPod pod = new KubernetesExecutorBuilder().buildFromFeatures(executor, security, client, profile).pod();
        ObjectNode result = SparkRecorder.JSON.createObjectNode();
        result.set("pod", SparkRecorder.JSON.readTree(Serialization.asJson(pod.pod())));
        result.set("container", SparkRecorder.JSON.readTree(Serialization.asJson(pod.container())));
        String text = result.toString().replace('"' + org.apache.spark.package$.MODULE$.SPARK_VERSION() + '"', "\"SPARK_VERSION\"");
        return SparkRecorder.JSON.readTree(masks.text(text));
    }

    private static boolean contains(JsonNode list, JsonNode items) {
        for (JsonNode item : items) {
            boolean found = false;
            for (JsonNode other : list) {
                found |= other.equals(item);
            }
            if (!found) {
                return false;
            }
        }
        return true;
    }

    private static boolean first(JsonNode list, JsonNode items) {
        for (int at = 0; at < items.size(); at++) {
            if (!items.get(at).equals(list.get(at))) {
                return false;
            }
        }
        return true;
    }

    private static boolean keeps(JsonNode map, JsonNode entries) {
        boolean all = true;
        for (var names = entries.fieldNames(); names.hasNext();) {
            String name = names.next();
            all &= entries.get(name).equals(map.get(name));
        }
        return all;
    }

    /** Names that are in the list twice: of two variables of a name the last counts. */
    private static String twice(JsonNode list) {
        List<String> seen = new ArrayList<>();
        List<String> twice = new ArrayList<>();
        for (JsonNode item : list) {
            String name = item.path("name").asText(item.path("resourceName").asText());
            if (name.isEmpty()) {
                continue;
            }
            (seen.contains(name) ? twice : seen).add(name);
        }
        return twice.isEmpty() ? "" : ", twice: " + String.join(" ", twice);
    }

    /** Keys in order: that of the client's libraries differs from line to line. */
    private static String show(JsonNode node) throws IOException {
        Object sorted = SORTING.treeToValue(node, Object.class);
        return "`" + SORTING.writeValueAsString(sorted).replace("|", "\\|") + "`";
    }
}
