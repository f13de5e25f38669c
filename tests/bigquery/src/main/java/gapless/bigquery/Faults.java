package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** The misbehaviour that tests asked for and that has not happened yet. */
final class Faults {
  private static final List<String> CALLS = List.of("*", "job", "tables.get", "tabledata.list", "jobs.insert", "jobs.get", "jobs.cancel",
      "jobs.getQueryResults", "token", "metadata", "sts", "impersonate");

  /** A fault with the calls that it meets: after the first `skip` of them, `left` times; below zero for ever. */
  private static final class Rule {
    final String call;
    final String match;
    final boolean laterPages;
    final Fault fault;
    long skip;
    long left;

    Rule(JsonObject body) {
      call = Json.need(body, "call");
      if (!CALLS.contains(call)) {
        throw ApiError.of("invalid", "no such call: " + call + "; there are " + CALLS);
      }
      match = Json.has(body, "match") ? Json.text(body, "match") : "";
      laterPages = Json.flag(body, "laterPages", false);
      Fault asked = new Fault(Json.need(body, "fault"), Json.number(body, "delayMs", 0), Json.text(body, "message"),
          Json.text(body, "retryAfter"));
      if (call.equals("job") && asked.error("") == null && !asked.is("slow")) {
        throw ApiError.of("invalid", "the running of a job can be slow or end in an error; " + asked.name() + " is a fault of a call");
      }
      fault = asked;
      skip = Json.number(body, "skip", 0);
      left = Json.number(body, "count", 1);
    }

    boolean meets(String kind, String subject, boolean laterPage) {
      boolean named = call.equals(kind) || (call.equals("*") && !kind.equals("job"));
      return left != 0 && named && subject.contains(match) && (laterPage || !laterPages);
    }

    JsonObject json() {
      return Json.object("call", call, "fault", fault.name(), "count", left, "skip", skip);
    }
  }

  private final List<Rule> rules = new ArrayList<>();

  synchronized void add(JsonObject body) {
    rules.add(new Rule(body));
  }

  synchronized void clear() {
    rules.clear();
  }

  /** The fault for this call, or null. It counts as having happened. */
  synchronized Fault take(String kind, String subject, boolean laterPage) {
    for (Rule rule : rules) {
      if (rule.meets(kind, subject, laterPage)) {
        if (rule.skip > 0) {
          rule.skip--;
          continue;
        }
        rule.left--;
        return rule.fault;
      }
    }
    return null;
  }

  synchronized List<JsonObject> pending() {
    return rules.stream().filter(r -> r.left != 0).map(Rule::json).toList();
  }
}
