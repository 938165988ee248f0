import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What came of one case. */
final class Record {
    private final SparkRecorder.Case one;
    private final String error;
    private final List<String> requests;
    private final Map<String, JsonNode> sent = new LinkedHashMap<>();
    private final Map<String, JsonNode> stored = new LinkedHashMap<>();

    /** Of an object that was written twice (once more with its owner) the last state counts. */
    Record(SparkRecorder.Case one, List<RecordingProxy.Request> requests, String error) {
        this.one = one;
        this.error = error;
        this.requests = requests.stream().map(Record::line).toList();
        for (RecordingProxy.Request request : requests) {
            if (request.method().equals("GET") || request.method().equals("DELETE") || request.sent() == null) {
                continue;
            }
            String key = request.sent().path("kind").asText() + "/" + request.sent().at("/metadata/name").asText();
            sent.put(key, request.sent());
            if (request.stores()) {
                stored.put(key, request.answer());
            }
        }
    }

    ObjectNode masked(Masks masks) {
        ObjectNode record = SparkRecorder.JSON.createObjectNode();
        if (error != null) {
            record.put("error", masks.text(one.restore(error)));
        }
        ArrayNode lines = record.putArray("requests");
        requests.forEach(line -> lines.add(masks.text(one.restore(line))));
        record.putArray("sent").addAll(masked(masks, sent));
        record.putArray("stored").addAll(masked(masks, stored));
        return record;
    }

    private List<ObjectNode> masked(Masks masks, Map<String, JsonNode> objects) {
        List<ObjectNode> ordered = new ArrayList<>();
        objects.values().forEach(object -> ordered.add(object.deepCopy()));
        new Order(one.conf).apply(ordered);
        return ordered.stream().map(object -> (ObjectNode) masks.object(object, one::restore)).toList();
    }

    private static String line(RecordingProxy.Request request) {
        return request.method() + " " + request.uri() + (request.status() / 100 == 2 ? "" : " " + request.status());
    }
}
