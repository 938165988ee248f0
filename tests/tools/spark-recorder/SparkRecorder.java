import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs real spark-submit in this process, case after case, and writes what it sent to the API server and what the
 * server stored. Run by tests/tools/spark-record, one process for each line of Spark.
 */
public final class SparkRecorder {
    static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "submit" -> submit(Path.of(arguments[1]), Path.of(arguments[2]), arguments[3], Path.of(arguments[4]));
            case "store" -> Store.run(Path.of(arguments[1]), Path.of(arguments[2]),
                Path.of(arguments[3]).resolveSibling("stored"));
            case "executors" -> ExecutorProbes.run(Path.of(arguments[1]), Path.of(arguments[2]), Path.of(arguments[3]));
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        // Clients and shut-down hooks of Spark would take seconds, and are of no interest.
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static void submit(Path cases, Path out, String server, Path masks) throws Exception {
        Masks mask = new Masks(masks, org.apache.spark.package$.MODULE$.SPARK_VERSION());
        RecordingProxy proxy = new RecordingProxy(server);
        Namespaces namespaces = new Namespaces(server);
        Files.createDirectories(out);
        List<Path> folders;
        try (Stream<Path> children = Files.list(cases)) {
            folders = children.filter(Files::isDirectory).sorted().collect(Collectors.toList());
        }
        Properties clean = (Properties) System.getProperties().clone();
        PrintStream stdout = System.out;
        for (Path folder : folders) {
            long start = System.nanoTime();
            Case one = new Case(folder, proxy.address());
            namespaces.prepare(one);
            proxy.begin();
            String error = run(one);
            Record record = new Record(one, proxy.end(), error);
            namespaces.empty(proxy.created(), error != null);
            // What a submission leaves in the system properties must not be read by the next one.
            System.setProperties((Properties) clean.clone());
            System.setOut(stdout);
            Files.writeString(out.resolve(folder.getFileName() + ".yaml"), Yaml.write(record.masked(mask)));
            stdout.printf("%s %d ms%s%n", folder.getFileName(), (System.nanoTime() - start) / 1_000_000,
                error == null ? "" : " (refused)");
        }
    }

    /** Null when spark-submit did not throw. */
    private static String run(Case one) {
        Thread thread = Thread.currentThread();
        ClassLoader loader = thread.getContextClassLoader();
        try {
            org.apache.spark.deploy.InProcessSparkSubmit.main(one.arguments);
            return null;
        } catch (Throwable thrown) {
            if (Boolean.getBoolean("recorder.traces")) {
                thrown.printStackTrace();
            }
            List<String> chain = new ArrayList<>();
            for (Throwable at = thrown; at != null; at = at.getCause()) {
                chain.add(at.getClass().getName() + ": " + at.getMessage());
            }
            return String.join("\n", chain);
        } finally {
            thread.setContextClassLoader(loader);
        }
    }

    /** A folder of the cases: arguments.json, and pod templates that the arguments name TEMPLATES/driver.yaml … */
    static final class Case {
        private static final String TEMPLATES = "TEMPLATES/";
        final String[] arguments;
        final String namespace;
        final Map<String, String> conf = new TreeMap<>();
        final List<String> accounts = new ArrayList<>(List.of("default"));
        private final String address;
        private final String folder;
        private String master = "";

        Case(Path folder, String address) throws IOException {
            this.address = address;
            this.folder = folder.toAbsolutePath() + "/";
            String namespace = "default";
            List<String> given = new ArrayList<>();
            for (JsonNode argument : JSON.readTree(folder.resolve("arguments.json").toFile())) {
                String text = argument.asText();
                String before = given.isEmpty() ? "" : given.get(given.size() - 1);
                if (before.equals("--master")) {
                    master = text;
                    text = "k8s://" + address;
                } else if (text.startsWith("spark.kubernetes.namespace=")) {
                    namespace = text.substring(text.indexOf('=') + 1);
                } else if (text.matches("(?s)spark\\.kubernetes\\.authenticate.*serviceAccountName=.*")) {
                    accounts.add(text.substring(text.indexOf('=') + 1));
                }
                if (before.equals("--conf") && text.contains("=")) {
                    conf.put(text.substring(0, text.indexOf('=')), text.substring(text.indexOf('=') + 1));
                }
                given.add(text.replace(TEMPLATES, this.folder));
            }
            this.arguments = given.toArray(new String[0]);
            this.namespace = namespace;
            Path template = folder.resolve("driver.yaml");
            if (Files.exists(template)) {
                String account = new YAMLMapper().readTree(template.toFile()).at("/spec/serviceAccountName").asText();
                if (!account.isEmpty()) {
                    accounts.add(account);
                }
            }
        }

        /** What the recorder put in for the case's own words, put back; in spark.properties colons are escaped. */
        String restore(String text) {
            String restored = text.replace(folder, TEMPLATES).replace("k8s://" + address, master);
            restored = restored.replace(escape("k8s://" + address), escape(master));
            return restored.replace(address, master.replace("k8s://", ""));
        }

        private static String escape(String text) {
            return text.replace(":", "\\:");
        }
    }
}
