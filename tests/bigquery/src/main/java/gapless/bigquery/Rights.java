package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which principal may do what. A principal that no test has restricted may do everything. */
final class Rights {
  static final String RUN_JOBS = "bigquery.jobs.create";
  static final String READ_TABLE = "bigquery.tables.get";
  static final String READ_ROWS = "bigquery.tables.getData";

  /** The resource is a project, `project.dataset` or `project.dataset.table`, and everything below it. */
  private record Grant(String permission, String resource) {
    boolean covers(String wanted, String on) {
      return permission.equals(wanted) && (on.equals(resource) || on.startsWith(resource + "."));
    }
  }

  private final Map<String, List<Grant>> grants = new HashMap<>();

  synchronized void set(JsonObject body) {
    String principal = Json.need(body, "principal");
    if (!Json.has(body, "allow")) {
      grants.remove(principal);
      return;
    }
    grants.put(principal, Json.children(body, "allow").stream()
        .map(g -> new Grant(Json.need(g, "permission"), Json.need(g, "resource"))).toList());
  }

  synchronized void check(String principal, String permission, String resource) {
    List<Grant> granted = grants.get(principal);
    if (granted != null && granted.stream().noneMatch(g -> g.covers(permission, resource))) {
      throw ApiError.of("accessDenied", "Access Denied: " + refusal(permission, resource));
    }
  }

  private static String refusal(String permission, String resource) {
    if (permission.equals(RUN_JOBS)) {
      return "Project " + resource + ": User does not have " + RUN_JOBS + " permission in project " + resource + ".";
    }
    String table = resource.replaceFirst("\\.", ":");
    if (permission.equals(READ_ROWS)) {
      return "Table " + table + ": User does not have permission to query table " + table + ", or perhaps it does not exist.";
    }
    return "Table " + table + ": Permission " + permission + " denied on table " + table + " (or it may not exist).";
  }
}
