package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One kind of misbehaviour, as a test asked for it. */
record Fault(String name, long delayMillis, String message, String retryAfter) {
  /** Answers in the place of the call, which does not happen. */
  private static final Map<String, ApiError> ERRORS = Map.ofEntries(
      entry("rateLimitExceeded", "Exceeded rate limits: too many api requests per user per method for this user_method."),
      entry("quotaExceeded", "Quota exceeded: Your project exceeded quota for free query bytes scanned."),
      entry("accessDenied", "Access Denied: User does not have the permission, or perhaps it does not exist."),
      entry("jobRateLimitExceeded", "Job exceeded rate limits: Your project_and_region exceeded quota for concurrent queries."),
      entry("billingNotEnabled", "Billing has not been enabled for this project. Enable billing to run queries."),
      entry("notFound", "Not found"),
      entry("tooManyRequests", "Resource has been exhausted (e.g. check quota)."),
      entry("backendError", "Error encountered during execution. Retrying may solve the problem."),
      entry("internalError", "An internal error occurred and the request could not be completed."),
      entry("resourcesExceeded", "Resources exceeded during query execution: The query could not be executed in the allotted memory."),
      entry("invalidQuery", "Query error: bad double value"),
      entry("unauthorized", "Request had invalid authentication credentials."));
  private static final int HUGE = 128 << 20;
  /** The call happens, and its answer is spoiled, lost or late. */
  private static final Set<String> SPOILERS = Set.of("cut", "lostAnswer", "htmlOk", "errorsWithOk", "incomplete", "totalRowsTooLarge",
      "rowsMissing", "repeatPageToken", "slow", "stall", "huge");
  private static final Set<String> OTHERS = Set.of("html503", "numberInErrors", "noErrorsList", "invalidGrant", "refusePartitions");

  private static Map.Entry<String, ApiError> entry(String reason, String message) {
    return Map.entry(reason, reason.equals("unauthorized") ? ApiError.unauthenticated() : ApiError.of(reason, message));
  }

  Fault {
    if (!ERRORS.containsKey(name) && !SPOILERS.contains(name) && !OTHERS.contains(name)) {
      throw ApiError.of("invalid", "no such fault: " + name + "; there are " + ERRORS.keySet() + SPOILERS + OTHERS);
    }
  }

  boolean is(String wanted) {
    return name.equals(wanted);
  }

  /** The error that it stands for, or null. */
  ApiError error(String subject) {
    ApiError error = ERRORS.get(name);
    if (error == null || is("unauthorized")) {
      return error;
    }
    String text = message != null ? message : is("notFound") ? "Not found: " + subject : error.getMessage();
    return ApiError.of(error.status, error.reason, text);
  }

  /** The answer that takes the place of the call, or null if the call happens. */
  Reply instead(String subject) {
    ApiError error = error(subject);
    Reply reply = error != null ? Reply.error(error) : switch (name) {
      case "html503" -> Reply.html(503);
      case "numberInErrors" -> Reply.json(400, Json.object("error", Json.object("code", 400, "message", "bad",
          "errors", List.of(Json.object("message", "bad", "reason", "invalidQuery", "line", 3)))));
      case "noErrorsList" -> Reply.json(429, Json.object("error", Json.object("code", 429, "message", "slow down",
          "status", "RESOURCE_EXHAUSTED")));
      case "invalidGrant" -> Reply.json(400, Json.object("error", "invalid_grant", "error_description", "Invalid JWT Signature."));
      case "refusePartitions" -> Reply.error(ApiError.of("invalid", "Cannot list a table of type TABLE."));
      default -> null;
    };
    return reply == null || retryAfter == null ? reply : reply.header("Retry-After", retryAfter);
  }

  /** What becomes of the answer of a call that happened. */
  Reply spoil(Call call, Reply reply) {
    return switch (name) {
      case "cut" -> reply.delivered(Reply.Delivery.CUT);
      case "lostAnswer" -> reply.delivered(Reply.Delivery.LOST);
      case "stall" -> reply.stalled(delayMillis);
      case "huge" -> Reply.ok(Json.parse(reply.body), "padding", "\"" + "x".repeat(HUGE) + "\"");
      case "htmlOk" -> Reply.html(200);
      case "errorsWithOk", "totalRowsTooLarge", "rowsMissing", "repeatPageToken" ->
          reply.status == 200 ? Reply.ok(changed(call, Json.parse(reply.body))) : reply;
      default -> reply;
    };
  }

  private JsonObject changed(Call call, JsonObject body) {
    switch (name) {
      case "errorsWithOk" -> {
        List.of("rows", "schema", "totalRows", "pageToken").forEach(body::remove);
        body.add("errors", Json.array(List.of(Json.object("reason", "backendError", "message", "Error encountered during execution."))));
      }
      case "totalRowsTooLarge" -> body.addProperty("totalRows", Long.toString(Json.number(body, "totalRows", 0) + 1));
      case "rowsMissing" -> {
        if (Json.has(body, "rows")) {
          body.getAsJsonArray("rows").remove(body.getAsJsonArray("rows").size() - 1);
        }
      }
      default -> {
        if (call.query.containsKey("pageToken")) {
          body.addProperty("pageToken", call.query.get("pageToken"));
        }
      }
    }
    return body;
  }
}
