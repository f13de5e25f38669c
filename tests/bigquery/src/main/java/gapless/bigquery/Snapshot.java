package gapless.bigquery;

import com.google.zetasql.SimpleColumn;
import com.google.zetasql.SimpleTable;
import com.google.zetasql.TableContent;
import com.google.zetasql.Type;
import com.google.zetasql.TypeFactory;
import com.google.zetasql.Value;
import com.google.zetasql.ZetaSQLType.TypeKind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** A table as it stood when a job was submitted, so that a job never waits for, or sees, a later change. */
final class Snapshot {
  static final String PARTITION_TIME = "_PARTITIONTIME";
  static final String PARTITION_DATE = "_PARTITIONDATE";

  final String path;
  final String label;
  final List<Column> columns;
  final Partitioning partitioning;
  final boolean filterRequired;
  final boolean restricted;
  final long scale;
  /** The columns that this reader may not read. */
  private final Set<String> denied = new HashSet<>();
  private final List<Table.Row> rows;
  private final List<String> pseudo;

  Snapshot(Table table, String principal) {
    this.path = table.path();
    this.label = table.label();
    this.columns = List.copyOf(table.columns);
    this.partitioning = table.partitioning;
    this.filterRequired = table.filterRequired;
    this.restricted = !table.policies.isEmpty();
    this.scale = table.scale;
    this.rows = List.copyOf(table.rows);
    this.pseudo = pseudoColumns(partitioning);
    table.protectedColumns.forEach((column, readers) -> {
      if (!readers.contains(principal)) {
        denied.add(column);
      }
    });
  }

  static List<String> pseudoColumns(Partitioning partitioning) {
    if (partitioning == null || !partitioning.byIngestion()) {
      return List.of();
    }
    return partitioning.type().equals("DAY") ? List.of(PARTITION_TIME, PARTITION_DATE) : List.of(PARTITION_TIME);
  }

  SimpleTable table() {
    SimpleTable table = new SimpleTable(path);
    columns.forEach(c -> table.addSimpleColumn(c.name(), c.zeta()));
    pseudo.forEach(name -> table.addSimpleColumn(new SimpleColumn(path, name, pseudoType(name), true, false)));
    return table;
  }

  private static Type pseudoType(String name) {
    return TypeFactory.createSimpleType(name.equals(PARTITION_DATE) ? TypeKind.TYPE_DATE : TypeKind.TYPE_TIMESTAMP);
  }

  /**
   * The rows for the evaluator. Columns that the statement does not use are NULL: they cannot change its result, and the
   * evaluator limits the size of what it is sent.
   */
  TableContent content(Set<String> used) {
    List<Value> nulls = columns.stream().map(c -> Value.createNullValue(c.zeta())).toList();
    List<List<Value>> content = new ArrayList<>();
    for (Table.Row row : rows) {
      List<Value> values = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        values.add(used.contains(key(columns.get(i).name())) ? row.values().get(i) : nulls.get(i));
      }
      pseudo.forEach(name -> values.add(pseudoValue(name, row.partition())));
      content.add(values);
    }
    return TableContent.create(content);
  }

  private Value pseudoValue(String name, String partition) {
    if (partition == null) {
      return Value.createNullValue(pseudoType(name));
    }
    var start = partitioning.start(partition);
    return name.equals(PARTITION_DATE) ? Value.createDateValue(start.toLocalDate())
        : Value.createTimestampValueFromUnixMicros(Cells.micros(start));
  }

  /** One column that the reader may not read refuses the whole statement. */
  void checkColumns(Set<String> used) {
    List<String> refused = used.stream().filter(denied::contains).sorted().toList();
    if (!refused.isEmpty()) {
      throw ApiError.of("accessDenied", "Access Denied: BigQuery BigQuery: User has neither fine-grained reader nor masked get permission "
          + "to get data protected by policy tag \"taxonomy : tag\" on column " + path + "." + refused.get(0) + ".");
    }
  }

  Set<String> partitionIds() {
    Set<String> ids = new HashSet<>();
    rows.stream().filter(r -> r.partition() != null).forEach(r -> ids.add(r.partition()));
    return ids;
  }

  /** The bytes of the used columns in the partitions that are read; rows without a partition are always read. */
  long bytes(Set<String> used, Set<String> read) {
    long sum = 0;
    for (int i = 0; i < columns.size(); i++) {
      if (used.contains(key(columns.get(i).name()))) {
        for (Table.Row row : rows) {
          sum += row.partition() == null || read.contains(row.partition()) ? Cells.bytes(row.values().get(i)) : 0;
        }
      }
    }
    return sum * scale;
  }

  static String key(String column) {
    return column.toLowerCase(Locale.ROOT);
  }

  /** The names that a filter may use to choose partitions. */
  boolean isPartitionColumn(String column) {
    return partitioning != null
        && (partitioning.byIngestion() ? pseudo.contains(column.toUpperCase(Locale.ROOT)) : partitioning.field().equalsIgnoreCase(column));
  }

  String partitionColumns() {
    return partitioning.byIngestion() ? "'" + String.join("', '", pseudo) + "'" : "'" + partitioning.field() + "'";
  }
}
