package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.Value;
import java.util.List;

/** One page of rows, and the token of the next one or null. */
record Page(List<JsonObject> rows, String token) {
  static Page of(Call call, List<? extends List<Value>> all, int longest) {
    int from = (int) Math.min(all.size(), position(call));
    int size = (int) Math.max(0, Math.min(longest, call.number("maxResults", longest)));
    int to = Math.min(all.size(), from + size);
    boolean int64 = "true".equalsIgnoreCase(call.query.getOrDefault("formatOptions.useInt64Timestamp", "false"))
        || "INT64".equals(call.query.get("formatOptions.timestampOutputFormat"));
    List<JsonObject> rows = all.subList(from, to).stream().map(r -> Cells.row(r, int64)).toList();
    return new Page(rows, to < all.size() ? "page-" + to : null);
  }

  private static long position(Call call) {
    String token = call.query.get("pageToken");
    if (token == null) {
      return call.number("startIndex", 0);
    }
    if (!token.matches("page-\\d{1,9}")) {
      throw ApiError.of("invalid", "Invalid page token");
    }
    return Long.parseLong(token.substring("page-".length()));
  }
}
