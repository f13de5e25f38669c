package gapless.bigquery;

import com.google.gson.JsonObject;

/** One page of rows: the answer without them, and their JSON (null where there are none, as the service does). */
record Page(JsonObject head, String rows) {
  /** Adds `totalRows` and, before the last page, `pageToken` to the answer. */
  static Page of(Call call, JsonObject head, Rows all, int longest) {
    int from = (int) Math.min(all.size(), position(call));
    int size = (int) Math.max(0, Math.min(longest, call.number("maxResults", longest)));
    int to = Math.min(all.size(), from + size);
    boolean int64 = "true".equalsIgnoreCase(call.query.getOrDefault("formatOptions.useInt64Timestamp", "false"))
        || "INT64".equals(call.query.get("formatOptions.timestampOutputFormat"));
    head.addProperty("totalRows", Integer.toString(all.size()));
    if (to < all.size()) {
      head.addProperty("pageToken", "page-" + to);
    }
    return new Page(head, from == to ? null : all.part(from, to, int64));
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

  Reply reply() {
    return Reply.ok(head, "rows", rows);
  }
}
