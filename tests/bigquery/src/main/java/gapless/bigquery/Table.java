package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.Type;
import com.google.zetasql.Value;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** A table or view with its rows, partitions and times. Guarded by its world's lock. */
final class Table {
  /** A row, and the partition it is in: null in a table without partitions and in the streaming buffer. */
  record Row(List<Value> values, String partition, boolean buffered) {}

  /** When a partition was made and last changed, in milliseconds. */
  record Times(long created, long modified) {}

  /** Who sees which rows: those for which the SQL expression is true. */
  record Policy(String filter, Set<String> grantees) {}

  final String project;
  final String dataset;
  final String name;
  final String kind;
  /** The SQL of a view; null for a table. */
  final String view;
  /** The rights to a view are enough; its reader needs none to the tables below it. */
  final boolean authorized;
  final Partitioning partitioning;
  final boolean filterRequired;
  /** Every stored byte counts this often, so that small tables can cost like large ones. */
  final long scale;
  final long created;
  long modified;
  long bufferedSince;
  List<Column> columns;
  List<Policy> policies = List.of();
  /** Columns with a policy tag, and who may read them. */
  final Map<String, Set<String>> protectedColumns = new HashMap<>();
  final List<Row> rows = new ArrayList<>();
  final TreeMap<String, Times> partitions = new TreeMap<>();

  Table(JsonObject spec, List<Column> columns, long now) {
    this.project = Json.need(spec, "project");
    this.dataset = Json.need(spec, "dataset");
    this.name = Json.need(spec, "table");
    this.view = Json.text(spec, "query");
    this.authorized = Json.flag(spec, "authorized", false);
    String kindOtherwise = view == null ? "TABLE" : "VIEW";
    this.kind = Json.has(spec, "type") ? Json.text(spec, "type") : kindOtherwise;
    JsonObject cut = Json.child(spec, "timePartitioning");
    this.partitioning = cut.size() == 0 ? null : Partitioning.read(cut);
    this.filterRequired = Json.flag(spec, "requirePartitionFilter", Json.flag(cut, "requirePartitionFilter", false));
    this.scale = Json.number(spec, "scale", 1);
    this.created = Json.number(spec, "creationTime", now);
    this.modified = created;
    this.columns = columns;
    if (partitioning != null && !partitioning.byIngestion()) {
      partitioning.id(Value.createNullValue(columnType(partitioning.field())));
    }
  }

  /** As the service's messages name it. */
  String label() {
    return project + ":" + dataset + "." + name;
  }

  /** As statements name it, within one pair of back-quotes. */
  String path() {
    return project + "." + dataset + "." + name;
  }

  boolean isView() {
    return view != null;
  }

  int index(String column) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).name().equalsIgnoreCase(column)) {
        return i;
      }
    }
    throw ApiError.of("invalid", "no such field: " + column + " in table " + label());
  }

  Type columnType(String column) {
    return columns.get(index(column)).zeta();
  }

  /** Adds rows. Streamed rows stand in the buffer: queries see them, but no count, time or partition tells of them. */
  void insert(List<List<Value>> values, boolean streaming, String partition, long now) {
    Set<String> touched = new HashSet<>();
    for (List<Value> row : values) {
      String id = streaming || partitioning == null ? null : partitionOf(row, partition, now);
      rows.add(new Row(row, id, streaming));
      if (id != null) {
        touched.add(id);
      }
    }
    if (streaming && bufferedSince == 0) {
      bufferedSince = now;
    } else if (!streaming) {
      touch(touched, now);
    }
  }

  private String partitionOf(List<Value> row, String partition, long now) {
    if (!partitioning.byIngestion()) {
      return partitioning.id(row.get(index(partitioning.field())));
    }
    return partition != null ? partition : partitioning.id(now * 1000);
  }

  /** Moves the rows of the streaming buffer into the table proper. */
  void flush(long now) {
    List<List<Value>> buffered = rows.stream().filter(Row::buffered).map(Row::values).toList();
    rows.removeIf(Row::buffered);
    bufferedSince = 0;
    insert(buffered, false, null, now);
  }

  void remove(Collection<Row> gone, long now) {
    Set<Row> identical = Collections.newSetFromMap(new IdentityHashMap<>());
    identical.addAll(gone);
    Set<String> touched = new HashSet<>();
    gone.stream().filter(r -> r.partition() != null).forEach(r -> touched.add(r.partition()));
    rows.removeIf(identical::contains);
    touch(touched, now);
  }

  void removePartition(String id, long now) {
    rows.removeIf(r -> id.equals(r.partition()));
    partitions.remove(id);
    modified = now;
  }

  void touch(Set<String> touched, long now) {
    if (!kind.equals("EXTERNAL")) {
      // The service cannot see changes of files elsewhere.
      modified = now;
    }
    for (String id : touched) {
      Times old = partitions.get(id);
      partitions.put(id, new Times(old == null ? now : old.created(), now));
    }
  }

  /** Replaces the columns and, row by row, the values. */
  void reshape(List<Column> newColumns, UnaryOperator<List<Value>> change, long now) {
    List<Row> changed = rows.stream().map(r -> new Row(change.apply(r.values()), r.partition(), r.buffered())).toList();
    rows.clear();
    rows.addAll(changed);
    columns = newColumns;
    modified = now;
  }

  long rowCount(String partition) {
    return rows.stream().filter(r -> !r.buffered() && (partition == null || partition.equals(r.partition()))).count();
  }

  long byteCount(String partition) {
    return scale * rows.stream().filter(r -> !r.buffered() && (partition == null || partition.equals(r.partition())))
        .flatMap(r -> r.values().stream()).mapToLong(Cells::bytes).sum();
  }

  List<Row> buffered() {
    return rows.stream().filter(Row::buffered).toList();
  }
}
