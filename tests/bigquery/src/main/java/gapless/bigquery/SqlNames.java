package gapless.bigquery;

import java.util.function.UnaryOperator;

/**
 * Replaces the back-quoted table names of a statement. This is how views and row policies work here: the evaluator knows
 * neither, so a view's name becomes its query in parentheses. Only names with a dot can be tables; strings and comments
 * stay as they are.
 */
final class SqlNames {
  private final String sql;
  private final UnaryOperator<String> replace;
  private final StringBuilder out = new StringBuilder();
  private int at;

  private SqlNames(String sql, UnaryOperator<String> replace) {
    this.sql = sql;
    this.replace = replace;
  }

  static String replace(String sql, UnaryOperator<String> replace) {
    return new SqlNames(sql, replace).run();
  }

  private String run() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '`') {
        name();
      } else if (c == '\'' || c == '"') {
        string(c);
      } else if (c == '#' || sql.startsWith("--", at)) {
        copyThrough("\n");
      } else if (sql.startsWith("/*", at)) {
        copyThrough("*/");
      } else {
        out.append(c);
        at++;
      }
    }
    return out.toString();
  }

  private void name() {
    int end = sql.indexOf('`', at + 1);
    if (end < 0) {
      copyThrough("`");
      return;
    }
    String name = sql.substring(at + 1, end);
    out.append(name.contains(".") ? replace.apply(name) : sql.substring(at, end + 1));
    at = end + 1;
  }

  private void string(char quote) {
    String three = String.valueOf(quote).repeat(3);
    String close = sql.startsWith(three, at) ? three : String.valueOf(quote);
    boolean raw = at > 0 && Character.toLowerCase(sql.charAt(at - 1)) == 'r';
    int end = at + close.length();
    while (end < sql.length() && !sql.startsWith(close, end)) {
      end += sql.charAt(end) == '\\' && !raw ? 2 : 1;
    }
    end = Math.min(sql.length(), end + close.length());
    out.append(sql, at, end);
    at = end;
  }

  private void copyThrough(String close) {
    int found = sql.indexOf(close, at + 1);
    int end = found < 0 ? sql.length() : found + close.length();
    out.append(sql, at, end);
    at = end;
  }
}
