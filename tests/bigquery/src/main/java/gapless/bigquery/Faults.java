package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;

/** The misbehaviour that tests asked for and that has not happened yet. */
final class Faults {
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
      match = Json.has(body, "match") ? Json.text(body, "match") : "";
      laterPages = Json.flag(body, "laterPages", false);
      fault = new Fault(Json.need(body, "fault"), Json.number(body, "delayMs", 0), Json.text(body, "message"), Json.text(body, "retryAfter"));
      skip = Json.number(body, "skip", 0);
      left = Json.number(body, "count", 1);
    }

    boolean meets(String kind, String subject, boolean laterPage) {
      return left != 0 && (call.equals(kind) || call.equals("*") && !kind.equals("job")) && subject.contains(match) && (laterPage || !laterPages);
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
