package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Map;

/** A refusal in the service's shape: an HTTP status, a reason for programs, and a message for people. */
final class ApiError extends RuntimeException {
  private static final Map<String, Integer> STATUS = Map.ofEntries(
      Map.entry("accessDenied", 403), Map.entry("authError", 401), Map.entry("backendError", 503),
      Map.entry("billingNotEnabled", 403), Map.entry("duplicate", 409), Map.entry("internalError", 500),
      Map.entry("notFound", 404), Map.entry("quotaExceeded", 403), Map.entry("rateLimitExceeded", 403),
      Map.entry("stopped", 499), Map.entry("tooManyRequests", 429));
  private static final Map<Integer, String> NAMES = Map.of(
      400, "INVALID_ARGUMENT", 401, "UNAUTHENTICATED", 403, "PERMISSION_DENIED", 404, "NOT_FOUND",
      409, "ALREADY_EXISTS", 429, "RESOURCE_EXHAUSTED", 499, "CANCELLED", 500, "INTERNAL", 503, "UNAVAILABLE");

  final int status;
  final String reason;
  final String location;

  private ApiError(int status, String reason, String message, String location) {
    super(message, null, false, false);
    this.status = status;
    this.reason = reason;
    this.location = location;
  }

  /** With the status that the service gives this reason; 400 for every other. */
  static ApiError of(String reason, String message) {
    return new ApiError(STATUS.getOrDefault(reason, 400), reason, message, null);
  }

  static ApiError of(int status, String reason, String message) {
    return new ApiError(status, reason, message, null);
  }

  static ApiError invalidQuery(String message) {
    return new ApiError(400, "invalidQuery", message, "q");
  }

  static ApiError notFound(String what) {
    return of("notFound", "Not found: " + what);
  }

  static ApiError unauthenticated() {
    return new ApiError(401, "authError", "Request had invalid authentication credentials. Expected OAuth 2 access token, "
        + "login cookie or other valid authentication credential.", "Authorization");
  }

  /** How a job's status tells the error. */
  JsonObject result() {
    return Json.object("reason", reason, "location", location, "message", getMessage());
  }

  JsonObject body() {
    boolean usage = reason.endsWith("LimitExceeded") || reason.equals("quotaExceeded");
    String kind = location == null ? null : location.equals("Authorization") ? "header" : "parameter";
    JsonObject detail = Json.object("message", getMessage(), "domain", usage ? "usageLimits" : "global", "reason", reason,
        "location", location, "locationType", kind);
    return Json.object("error", Json.object("code", status, "message", getMessage(), "errors", List.of(detail),
        "status", NAMES.get(status)));
  }
}
