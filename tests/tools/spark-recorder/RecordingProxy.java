import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;

/** An API server for spark-submit: passes every request on, and keeps it with its answer. */
final class RecordingProxy {
    private static final YAMLMapper YAML = new YAMLMapper();
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HttpServer listener;
    private final String server;
    private List<Request> requests = new ArrayList<>();

    /** A request; what was sent and what was answered are null where they are no JSON or YAML. */
    record Request(String method, URI uri, JsonNode sent, int status, JsonNode answer) {
        boolean stores() {
            return !method.equals("GET") && !method.equals("DELETE") && status / 100 == 2;
        }
    }

    RecordingProxy(String server) throws IOException {
        this.server = server;
        listener = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        listener.setExecutor(Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            return thread;
        }));
        listener.createContext("/", this::pass);
        listener.start();
    }

    String address() {
        return "http://127.0.0.1:" + listener.getAddress().getPort();
    }

    synchronized void begin() {
        requests = new ArrayList<>();
    }

    synchronized List<Request> end() {
        return List.copyOf(requests);
    }

    /** Addresses of the objects that there are now. */
    synchronized List<String> created() {
        return requests.stream().filter(Request::stores).map(request -> request.answer.at("/metadata/name").isMissingNode()
                || request.uri.getPath().endsWith("/" + request.answer.at("/metadata/name").asText())
            ? request.uri.getPath()
            : request.uri.getPath() + "/" + request.answer.at("/metadata/name").asText()).distinct().toList();
    }

    private void pass(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(server + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Accept", "application/json");
            String type = exchange.getRequestHeaders().getFirst("Content-Type");
            if (type != null) {
                builder.header("Content-Type", type);
            }
            HttpResponse<byte[]> answer = client.send(builder.build(), HttpResponse.BodyHandlers.ofByteArray());
            Request request = new Request(exchange.getRequestMethod(), exchange.getRequestURI(), tree(body),
                answer.statusCode(), tree(answer.body()));
            synchronized (this) {
                requests.add(request);
            }
            answer.headers().firstValue("Content-Type")
                .ifPresent(value -> exchange.getResponseHeaders().add("Content-Type", value));
            exchange.sendResponseHeaders(answer.statusCode(), answer.body().length == 0 ? -1 : answer.body().length);
            exchange.getResponseBody().write(answer.body());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static JsonNode tree(byte[] body) throws IOException {
        return body.length == 0 ? null : YAML.readTree(body);
    }
}
