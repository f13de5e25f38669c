package gapless.bigquery;

import com.google.zetasql.Value;
import com.google.zetasql.resolvedast.ResolvedColumn;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedOutputColumn;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedQueryStmt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An analyzed query: what it answers, what it reads, and what that costs. */
final class Statement {
  private static final long MIB = 1 << 20;

  final List<Column> schema;
  /** The bytes that it reads; null where the service hides them, because a row policy could be guessed from them. */
  final Long bytes;
  private final long realBytes;
  private final String sql;
  private final Map<String, Value> parameters;
  private final Map<Snapshot, Set<String>> used = new LinkedHashMap<>();

  Statement(String sql, Map<String, Value> parameters, Collection<Snapshot> tables) {
    this.sql = sql;
    this.parameters = parameters;
    ResolvedQueryStmt analyzed = Engine.run(() -> Engine.analyze(sql, parameters, tables));
    this.schema = schema(analyzed);
    List<Scans.Scan> scans = Scans.of(analyzed);
    long sum = 0;
    for (Snapshot table : tables) {
      sum += read(table, scans.stream().filter(s -> s.table().equals(table.path)).toList());
    }
    this.realBytes = sum;
    this.bytes = tables.stream().anyMatch(t -> t.restricted) ? null : sum;
  }

  private static List<Column> schema(ResolvedQueryStmt query) {
    List<Column> columns = new ArrayList<>();
    for (ResolvedOutputColumn column : query.getOutputColumnList()) {
      String name = column.getName();
      // The service numbers columns without a name.
      columns.add(Column.of(name.startsWith("$") ? "f" + columns.size() + "_" : name, column.getColumn().getType()));
    }
    return columns;
  }

  /** A table that a statement names several times is billed once, for all its columns and partitions together. */
  private long read(Snapshot table, List<Scans.Scan> scans) {
    Set<String> columns = new HashSet<>();
    Set<String> partitions = new HashSet<>();
    for (Scans.Scan scan : scans) {
      scan.columns().stream().map(ResolvedColumn::getName).forEach(c -> columns.add(Snapshot.key(c)));
      Pruning pruning = new Pruning(table, scan, parameters);
      if (table.filterRequired && !pruning.filtered()) {
        throw ApiError.invalidQuery("Cannot query over table '" + table.path + "' without a filter over column(s) "
            + table.partitionColumns() + " that can be used for partition elimination");
      }
      table.partitionIds().stream().filter(pruning::reads).forEach(partitions::add);
    }
    table.checkColumns(columns);
    used.put(table, columns);
    return table.bytes(columns, partitions);
  }

  /** At least 10 MiB, then whole MiB. What reads nothing costs nothing. */
  long billed() {
    return realBytes == 0 ? 0 : Math.max(10, (realBytes + MIB - 1) / MIB) * MIB;
  }

  /** On a thread of the engine. */
  List<? extends List<Value>> evaluate() {
    return Engine.evaluate(sql, parameters, used);
  }
}
