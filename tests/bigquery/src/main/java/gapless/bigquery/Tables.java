package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.Value;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The calls `tables.get` and `tabledata.list`, with their decorators `$PARTITION` and `$__PARTITIONS_SUMMARY__`. */
final class Tables {
  private static final List<Column> SUMMARY = List.of("project_id:STRING", "dataset_id:STRING", "table_id:STRING", "partition_id:STRING",
      "creation_time:INTEGER", "creation_timestamp:TIMESTAMP", "last_modified_time:INTEGER", "last_modified_timestamp:TIMESTAMP").stream()
      .map(c -> new Column(c.split(":")[0], c.split(":")[1], "NULLABLE", List.of(), null)).toList();

  private final World world;

  Tables(World world) {
    this.world = world;
  }

  JsonObject get(Call call) {
    Table table = find(call, Rights.READ_TABLE);
    String partition = partition(call, table);
    boolean summary = Partitioning.SUMMARY.equals(partition);
    List<Column> columns = selected(call, summary ? SUMMARY : table.columns);
    Table.Times times = partition == null || summary ? new Table.Times(table.created, table.modified) : table.partitions.get(partition);
    if (times == null) {
      throw ApiError.notFound("Table " + table.label() + "$" + partition);
    }
    boolean counted = !table.kind.equals("VIEW") && !table.kind.equals("EXTERNAL");
    String part = summary ? null : partition;
    long rows = !counted ? 0 : summary ? table.partitions.size() : table.rowCount(part);
    String decorator = partition == null ? "" : "$" + partition;
    return Json.object("kind", "bigquery#table", "etag", etag(table, columns), "id", table.label() + decorator,
        "tableReference", Json.object("projectId", table.project, "datasetId", table.dataset, "tableId", table.name + decorator),
        "schema", Column.schema(columns), "numBytes", Long.toString(counted ? table.byteCount(part) : 0), "numRows", Long.toString(rows),
        "creationTime", Long.toString(times.created()), "lastModifiedTime", Long.toString(times.modified()), "type", table.kind,
        "location", world.dataset(table.project, table.dataset).location, "requirePartitionFilter", table.filterRequired ? true : null,
        "timePartitioning", table.partitioning == null ? null : table.partitioning.json(table.filterRequired),
        "view", table.isView() ? Json.object("query", table.view, "useLegacySql", false) : null,
        "streamingBuffer", partition == null ? buffer(table) : null);
  }

  /** It changes with every change of the table, and names nothing of it. */
  private static String etag(Table table, List<Column> columns) {
    return BigInteger.valueOf(table.modified * 31 + table.rows.size() + columns.hashCode()).abs().toString(36) + "==";
  }

  private static JsonObject buffer(Table table) {
    List<Table.Row> rows = table.buffered();
    long bytes = rows.stream().flatMap(r -> r.values().stream()).mapToLong(Cells::bytes).sum();
    return rows.isEmpty() ? null : Json.object("estimatedRows", Integer.toString(rows.size()), "estimatedBytes", Long.toString(bytes),
        "oldestEntryTime", Long.toString(table.bufferedSince));
  }

  private Table find(Call call, String permission) {
    String name = call.table.split("\\$", 2)[0];
    world.rights.check(call.principal, permission, call.project + "." + call.dataset + "." + name);
    return world.table(call.project, call.dataset, name);
  }

  private static String partition(Call call, Table table) {
    int dollar = call.table.indexOf('$');
    if (dollar >= 0 && table.partitioning == null) {
      throw ApiError.of("invalid", "Cannot read partition information from a table that is not partitioned: "
          + table.label() + call.table.substring(dollar));
    }
    return dollar < 0 ? null : call.table.substring(dollar + 1);
  }

  /** The top-level columns that the call asks for, or all of them. */
  private static List<Column> selected(Call call, List<Column> all) {
    String asked = call.query.get("selectedFields");
    if (asked == null || asked.isEmpty()) {
      return all;
    }
    List<String> names = Arrays.stream(asked.split(",")).map(f -> Snapshot.key(f.strip().split("\\.")[0])).toList();
    return all.stream().filter(c -> names.contains(Snapshot.key(c.name()))).toList();
  }

  Page list(Call call) {
    Table table = find(call, Rights.READ_ROWS);
    String partition = partition(call, table);
    boolean summary = Partitioning.SUMMARY.equals(partition);
    if (summary && !world.partitionsSummary || table.isView()) {
      throw ApiError.of("invalid", "Cannot list a table of type " + (summary ? "PARTITIONS_SUMMARY" : table.kind) + ".");
    }
    List<Column> columns = summary ? SUMMARY : table.columns;
    List<List<Value>> rows = summary ? summary(table) : rows(table, partition);
    List<Integer> kept = selected(call, columns).stream().map(columns::indexOf).toList();
    List<List<Value>> narrow = rows.stream().map(r -> kept.stream().map(r::get).toList()).toList();
    JsonObject head = Json.object("kind", "bigquery#tableDataList", "etag", etag(table, columns));
    return Page.of(call, head, Rows.of(narrow), world.pageRows);
  }

  private static List<List<Value>> rows(Table table, String partition) {
    return table.rows.stream().filter(r -> partition == null || partition.equals(r.partition()))
        .<List<Value>>map(Table.Row::values).toList();
  }

  private static List<List<Value>> summary(Table table) {
    List<List<Value>> rows = new ArrayList<>();
    table.partitions.forEach((id, times) -> rows.add(summaryRow(table, id, times)));
    if (table.bufferedSince > 0) {
      rows.add(summaryRow(table, Partitioning.UNPARTITIONED, new Table.Times(table.bufferedSince, table.bufferedSince)));
    }
    return rows;
  }

  private static List<Value> summaryRow(Table table, String id, Table.Times times) {
    List<String> texts = List.of(table.project, table.dataset, table.name, id);
    List<Value> row = new ArrayList<>(texts.stream().map(Value::createStringValue).toList());
    for (long time : new long[] {times.created(), times.modified()}) {
      row.add(Value.createInt64Value(time));
      row.add(Value.createTimestampValueFromUnixMicros(time * 1000));
    }
    return row;
  }
}
