package gapless.bigquery;

import com.google.gson.stream.JsonWriter;
import com.google.zetasql.Type;
import com.google.zetasql.Value;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Rows as the JSON of answers. A value of the evaluator takes ten times the memory of its text, and results stay for as
 * long as the server.
 */
final class Rows {
  static final Rows NONE = of(List.of());

  private final List<String> plain;
  /** With timestamps as integers; the same list if there are none. */
  private final List<String> int64;

  private Rows(List<String> plain, List<String> int64) {
    this.plain = plain;
    this.int64 = int64;
  }

  static Rows of(List<? extends List<Value>> rows) {
    List<String> plain = texts(rows, false);
    boolean timestamps = !rows.isEmpty() && rows.get(0).stream().anyMatch(v -> mayHoldTimestamps(v.getType()));
    return new Rows(plain, timestamps ? texts(rows, true) : plain);
  }

  private static boolean mayHoldTimestamps(Type type) {
    return type.isTimestamp() || type.isArray() || type.isStruct() || type.isRange();
  }

  private static List<String> texts(List<? extends List<Value>> rows, boolean int64) {
    return rows.stream().map(row -> text(row, int64)).toList();
  }

  private static String text(List<Value> row, boolean int64) {
    StringWriter text = new StringWriter();
    try {
      Cells.row(new JsonWriter(text), row, int64);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  int size() {
    return plain.size();
  }

  String part(int from, int to, boolean asInt64) {
    return "[" + String.join(",", (asInt64 ? int64 : plain).subList(from, to)) + "]";
  }
}
