package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/** One response, whole or spoiled. */
final class Reply {
  /** How the bytes get to the client. */
  enum Delivery { WHOLE, CUT, LOST }

  final int status;
  final String type;
  final String body;
  final Map<String, String> headers = new LinkedHashMap<>();
  Delivery delivery = Delivery.WHOLE;
  /** The reason of an error, for the log. */
  String reason;

  private Reply(int status, String type, String body) {
    this.status = status;
    this.type = type;
    this.body = body;
  }

  static Reply json(int status, JsonObject body) {
    return new Reply(status, "application/json; charset=UTF-8", Json.write(body));
  }

  static Reply ok(JsonObject body) {
    return json(200, body);
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

  Reply delivered(Delivery how) {
    delivery = how;
    return this;
  }
}
