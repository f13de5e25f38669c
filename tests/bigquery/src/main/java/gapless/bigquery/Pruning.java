package gapless.bigquery;

import com.google.zetasql.Type;
import com.google.zetasql.Value;
import com.google.zetasql.resolvedast.ResolvedColumn;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedColumnRef;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedExpr;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedFunctionCall;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedLiteral;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedParameter;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which partitions a scan reads. The rule: comparisons, BETWEEN, IN with a list, IS NULL, AND and OR are understood where
 * they compare the partition column itself with a literal or a parameter. A partition is skipped if no value in it can
 * make every filter true. All else may be true of any partition, so the bytes are never too few; the service understands
 * some more (functions of the column and of constants). `IN UNNEST` is left out on purpose: the service does not prune by it.
 */
final class Pruning {
  private final Snapshot table;
  private final Scans.Scan scan;
  private final Map<String, Value> parameters;

  Pruning(Snapshot table, Scans.Scan scan, Map<String, Value> parameters) {
    this.table = table;
    this.scan = scan;
    this.parameters = parameters;
  }

  boolean reads(String partition) {
    return scan.filters().stream().allMatch(f -> mayHold(f, partition));
  }

  /** Whether some filter can eliminate partitions, which a table may require. */
  boolean filtered() {
    return scan.filters().stream().anyMatch(this::eliminates);
  }

  private boolean eliminates(ResolvedExpr expr) {
    if (!(expr instanceof ResolvedFunctionCall call)) {
      return false;
    }
    List<ResolvedExpr> arguments = call.getArgumentList();
    return switch (name(call)) {
      case "$and" -> arguments.stream().anyMatch(this::eliminates);
      case "$or" -> arguments.stream().allMatch(this::eliminates);
      case "$is_true" -> eliminates(arguments.get(0));
      case "$is_null" -> column(arguments.get(0)) != null;
      case "$less", "$less_or_equal", "$greater", "$greater_or_equal", "$equal", "$between", "$in" ->
          arguments.stream().anyMatch(a -> column(a) != null) && arguments.stream().allMatch(a -> column(a) != null || constant(a) != null);
      default -> false;
    };
  }

  private boolean mayHold(ResolvedExpr expr, String partition) {
    if (!(expr instanceof ResolvedFunctionCall call)) {
      return true;
    }
    List<ResolvedExpr> arguments = call.getArgumentList();
    return switch (name(call)) {
      case "$and" -> arguments.stream().allMatch(a -> mayHold(a, partition));
      case "$or" -> arguments.stream().anyMatch(a -> mayHold(a, partition));
      case "$is_true" -> mayHold(arguments.get(0), partition);
      case "$is_null" -> column(arguments.get(0)) == null || partition.equals(Partitioning.NULL);
      default -> !eliminates(expr) || mayCompare(name(call), arguments, partition);
    };
  }

  private boolean mayCompare(String operator, List<ResolvedExpr> arguments, String partition) {
    ResolvedColumn column = column(arguments.get(0));
    if (column == null) {
      // The constant stands first: compare the other way round.
      return mayCompare(mirrored(operator), List.of(arguments.get(1), arguments.get(0)), partition);
    }
    if (partition.equals(Partitioning.NULL)) {
      return false;
    }
    long[] range = table.partitioning.range(partition, column.getType());
    List<Long> values = arguments.stream().skip(1).map(a -> comparable(constant(a), column.getType())).toList();
    return values.contains(null) ? !constant(arguments.get(1)).isNull() : inRange(operator, range, values);
  }

  private static boolean inRange(String operator, long[] range, List<Long> values) {
    long first = values.get(0);
    return switch (operator) {
      case "$less" -> range[0] < first;
      case "$less_or_equal" -> range[0] <= first;
      case "$greater" -> range[1] > first;
      case "$greater_or_equal" -> range[1] >= first;
      case "$between" -> range[1] >= first && range[0] <= values.get(1);
      default -> values.stream().anyMatch(v -> range[0] <= v && v <= range[1]);
    };
  }

  private static String mirrored(String operator) {
    return switch (operator) {
      case "$less" -> "$greater";
      case "$less_or_equal" -> "$greater_or_equal";
      case "$greater" -> "$less";
      case "$greater_or_equal" -> "$less_or_equal";
      default -> operator;
    };
  }

  private static String name(ResolvedFunctionCall call) {
    return call.getFunction().getName();
  }

  /** The partition column of this scan, if the expression is it. */
  private ResolvedColumn column(ResolvedExpr expr) {
    if (!(expr instanceof ResolvedColumnRef ref)) {
      return null;
    }
    return scan.columns().stream().filter(c -> c.getId() == ref.getColumn().getId() && table.isPartitionColumn(c.getName()))
        .findFirst().orElse(null);
  }

  private Value constant(ResolvedExpr expr) {
    if (expr instanceof ResolvedLiteral literal) {
      return literal.getValue();
    }
    return expr instanceof ResolvedParameter parameter ? parameters.get(parameter.getName().toLowerCase(Locale.ROOT)) : null;
  }

  private static Long comparable(Value value, Type column) {
    return value.isNull() || !value.getType().equals(column) ? null : Partitioning.comparable(value);
  }
}
