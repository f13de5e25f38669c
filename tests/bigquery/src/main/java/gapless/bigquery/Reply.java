package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** One response, whole or spoiled. */
final class Reply {
  /** How the bytes get to the client. */
  enum Delivery { WHOLE, CUT, STALLED, LOST }

  private static final String JSON = "application/json; charset=UTF-8";

  final int status;
  final String type;
  final String body;
  final Map<String, String> headers = new LinkedHashMap<>();
  long stallMillis;
  Delivery delivery = Delivery.WHOLE;
  /** The reason of an error, for the log. */
  String reason;

  private Reply(int status, String type, String body) {
    this.status = status;
    this.type = type;
    this.body = body;
  }

  static Reply json(int status, JsonObject body) {
    return new Reply(status, JSON, Json.write(body));
  }

  static Reply ok(JsonObject body) {
    return json(200, body);
  }

  /** With one more field, whose JSON is text already. */
  static Reply ok(JsonObject body, String name, String json) {
    String text = Json.write(body);
    return new Reply(200, JSON, json == null ? text : text.substring(0, text.length() - 1) + ",\"" + name + "\":" + json + "}");
  }

  static Reply error(ApiError error) {
    Reply reply = json(error.status, error.body());
    reply.reason = error.reason;
    return reply;
  }

  static Reply text(int status, String body) {
    return new Reply(status, "text/plain; charset=UTF-8", body);
  }

  static Reply html(int status) {
    return new Reply(status, "text/html; charset=UTF-8", "<!DOCTYPE html><html><title>Error</title><h1>proxy</h1></html>");
  }

  Reply header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** Half of the answer, and then silence for this long. */
  Reply stalled(long millis) {
    stallMillis = millis;
    return delivered(Delivery.STALLED);
  }

  Reply delivered(Delivery how) {
    delivery = how;
    return this;
  }
}
