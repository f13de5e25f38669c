package gapless.bigquery;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One request: which call of the service it is, and what the log tells of it afterwards. */
final class Call {
  final String method;
  final List<String> path;
  final Map<String, String> query;
  final Map<String, String> headers;
  final String body;
  /** E.g. `tables.get`; "unknown" if the service has no such call here. */
  final String kind;
  private final long at = System.currentTimeMillis();
  String project;
  String dataset;
  String table;
  String job;
  String principal;
  Fault fault;
  private JsonObject described = new JsonObject();
  private Statement statement;

  Call(String method, List<String> path, String query, Map<String, String> headers, String body) {
    this.method = method;
    this.path = path;
    this.query = pairs(query);
    this.headers = headers;
    this.body = body;
    this.kind = classify();
    if (kind.equals("jobs.insert")) {
      describe();
    }
  }

  /** Decodes `a=b&c=d` of an address or a form. */
  static Map<String, String> pairs(String text) {
    Map<String, String> pairs = new HashMap<>();
    for (String pair : text == null ? new String[0] : text.split("&")) {
      String[] sides = pair.split("=", 2);
      pairs.put(decode(sides[0]), sides.length > 1 ? decode(sides[1]) : "");
    }
    return pairs;
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private String classify() {
    return switch (path.isEmpty() ? "" : path.get(0)) {
      case "test" -> "test";
      case "bigquery" -> path.size() > 4 ? bigquery(path.subList(4, path.size())) : "unknown";
      case "token" -> "token";
      case "sts" -> "sts";
      case "iam" -> "impersonate";
      case "computeMetadata" -> "metadata";
      default -> "unknown";
    };
  }

  /** The path after /bigquery/v2/projects/PROJECT. */
  private String bigquery(List<String> rest) {
    project = path.get(3);
    String shape = method + " " + rest.get(0) + " " + rest.size();
    switch (shape) {
      case "GET datasets 4", "GET datasets 5" -> {
        dataset = rest.get(1);
        table = rest.get(3);
        return rest.size() == 4 ? "tables.get" : rest.get(4).equals("data") ? "tabledata.list" : "unknown";
      }
      case "POST jobs 1" -> {
        return "jobs.insert";
      }
      case "GET jobs 2", "GET queries 2", "POST jobs 3" -> {
        job = rest.get(1);
        return rest.get(0).equals("queries") ? "jobs.getQueryResults" : method.equals("GET") ? "jobs.get" : "jobs.cancel";
      }
      default -> {
        return "unknown";
      }
    }
  }

  String header(String name) {
    return headers.get(name.toLowerCase(Locale.ROOT));
  }

  long number(String name, long otherwise) {
    String text = query.get(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw ApiError.of("invalid", "Invalid value for " + name + ": " + text);
    }
  }

  /** What a fault may be tied to: the table, the job's id or the statement. */
  String subject() {
    if (kind.equals("jobs.insert")) {
      return body;
    } else if (table != null) {
      return dataset + "." + table;
    }
    return job != null ? job : String.join("/", path);
  }

  /** Notes what a job's request says, for the log, whatever becomes of the request. */
  private void describe() {
    try {
      described(Json.parse(body));
    } catch (ApiError e) {
      // The call itself refuses such a body; only the log knows less.
      described = new JsonObject();
    }
  }

  private void described(JsonObject request) {
    JsonObject configuration = Json.child(request, "configuration");
    JsonObject query = Json.child(configuration, "query");
    job = Json.text(Json.child(request, "jobReference"), "jobId");
    described = Json.object("sql", Json.text(query, "query"), "parameters", query.get("queryParameters"),
        "maximumBytesBilled", Json.text(query, "maximumBytesBilled"), "useQueryCache", query.get("useQueryCache"),
        "labels", configuration.get("labels"), "dryRun", Json.flag(configuration, "dryRun", false),
        "jobTimeoutMs", Json.text(configuration, "jobTimeoutMs"));
  }

  void bytes(Statement statement) {
    this.statement = statement;
  }

  /** The log's entry. */
  JsonObject log(int status, String reason) {
    JsonObject entry = Json.object("at", at, "millis", System.currentTimeMillis() - at, "call", kind, "method", method,
        "path", "/" + String.join("/", path), "query", queryJson(), "project", project, "dataset", dataset, "table", table,
        "job", job, "principal", principal, "status", status, "reason", reason, "fault", fault == null ? null : fault.name(), "bytesProcessed", statement == null ? null : statement.bytes,
        "bytesBilled", statement == null ? null : statement.billed());
    for (Map.Entry<String, JsonElement> field : described.entrySet()) {
      entry.add(field.getKey(), field.getValue());
    }
    return entry;
  }

  private JsonObject queryJson() {
    JsonObject json = new JsonObject();
    query.forEach(json::addProperty);
    return json;
  }
}
