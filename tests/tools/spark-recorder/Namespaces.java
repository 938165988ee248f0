import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must be there before a submission, and what must be gone before the next one. */
final class Namespaces {
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Set<String> there = new HashSet<>();
    private final String server;

    Namespaces(String server) {
        this.server = server;
    }

    /** Makes the namespace and the service accounts: a pod is not admitted without its account. */
    void prepare(SparkRecorder.Case one) throws IOException, InterruptedException {
        make("/api/v1/namespaces", "Namespace", one.namespace);
        for (String account : one.accounts) {
            make("/api/v1/namespaces/" + one.namespace + "/serviceaccounts", "ServiceAccount", account);
        }
    }

    /**
     * Deletes at once: a pod that is given time to end would be in the way of the next case of its name. All other
     * names are unique, and what the pod owns goes with it; without a pod it has no owner.
     */
    void empty(List<String> objects, boolean all) throws IOException, InterruptedException {
        for (String path : objects) {
            if (!all && !path.contains("/pods/")) {
                continue;
            }
            int status = send("DELETE", path + "?gracePeriodSeconds=0", "");
            if (status != 404 && status / 100 != 2) {
                throw new IOException("DELETE " + path + ": " + status);
            }
        }
    }

    private void make(String path, String kind, String name) throws IOException, InterruptedException {
        if (there.add(path + "/" + name)) {
            String body = "{\"apiVersion\":\"v1\",\"kind\":\"" + kind + "\",\"metadata\":{\"name\":\"" + name + "\"}}";
            int status = send("POST", path, body);
            if (status != 409 && status / 100 != 2) {
                throw new IOException("POST " + path + " " + name + ": " + status);
            }
        }
    }

    private int send(String method, String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server + path))
            .method(method, HttpRequest.BodyPublishers.ofString(body)).header("Content-Type", "application/json").build();
        return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }
}
