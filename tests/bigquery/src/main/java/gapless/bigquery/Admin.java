package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The calls by which tests arrange a world: /WORLD/test/NAME, with a JSON object each. README.md lists them. */
final class Admin {
  private final World world;

  Admin(World world) {
    this.world = world;
  }

  JsonObject answer(Call call) {
    String name = call.path.size() > 1 ? call.path.get(1) : "";
    JsonObject body = Json.parse(call.body);
    switch (name) {
      case "calls" -> {
        return Json.object("calls", world.takeCalls());
      }
      case "jobs" -> {
        return Json.object("jobs", world.jobs().summaries());
      }
      case "faults" -> {
        return Json.object("faults", world.faults.pending());
      }
      case "view" -> view(body);
      default -> {
        synchronized (world) {
          change(name, body);
        }
      }
    }
    return new JsonObject();
  }

  private void change(String name, JsonObject body) {
    switch (name) {
      case "dataset" -> dataset(body);
      case "table" -> add(new Table(body, columns(body), world.tick()));
      case "rows" -> rows(body);
      case "flush" -> table(body).flush(world.tick());
      case "delete" -> delete(body);
      case "column" -> column(body);
      case "drop" -> drop(body);
      case "policy" -> policy(body);
      case "rights" -> world.rights.set(body);
      case "fault" -> world.faults.add(body);
      case "unfault" -> world.faults.clear();
      case "settings" -> settings(body);
      case "token" -> world.tokens.put(Json.need(body, "token"), Json.need(body, "principal"), Json.number(body, "seconds", 86_400));
      case "revoke" -> world.tokens.revokeAll();
      case "account" -> world.tokens.account(Json.need(body, "email"), Json.need(body, "publicKey"));
      case "refresh" -> world.identity.refreshToken(Json.need(body, "refreshToken"), Json.need(body, "principal"));
      case "federation" ->
          world.identity.federate(Json.need(body, "audience"), Json.need(body, "subjectToken"), Json.need(body, "principal"));
      case "impersonation" -> world.identity.impersonation(Json.need(body, "caller"), Json.need(body, "target"));
      case "machine" -> world.identity.machine(Json.need(body, "email"), Json.text(body, "project"));
      default -> throw ApiError.of("notFound", "no such call of the tests: " + name);
    }
  }

  private Table table(JsonObject body) {
    return world.table(Json.need(body, "project"), Json.need(body, "dataset"), Json.need(body, "table"));
  }

  private void dataset(JsonObject body) {
    String project = Json.need(body, "project");
    String name = Json.need(body, "dataset");
    world.datasets.put(project + "." + name, new Dataset(project, name, Json.has(body, "location") ? Json.text(body, "location") : "US"));
  }

  private static List<Column> columns(JsonObject body) {
    return Column.readAll(Json.children(Json.child(body, "schema"), "fields"));
  }

  private void add(Table table) {
    world.dataset(table.project, table.dataset).tables.put(table.name, table);
  }

  /** A view is analyzed when it is made: its columns must be known, and a wrong one is the test's mistake. */
  private void view(JsonObject body) {
    String project = Json.need(body, "project");
    Names names = new Names(world, null, project, null);
    String sql;
    synchronized (world) {
      sql = names.resolve(Json.need(body, "query"));
    }
    Statement statement = new Statement(sql, Map.of(), names.tables().values());
    synchronized (world) {
      add(new Table(body, statement.schema, world.tick()));
    }
  }

  private void rows(JsonObject body) {
    Table table = table(body);
    List<List<Value>> rows = new ArrayList<>();
    for (JsonObject row : Json.children(body, "rows")) {
      row.keySet().forEach(table::index);
      rows.add(table.columns.stream().map(c -> Cells.read(c.zeta(), row.get(c.name()))).toList());
    }
    table.insert(rows, Json.flag(body, "streaming", false), Json.text(body, "partition"), world.tick());
  }

  private void delete(JsonObject body) {
    Table table = table(body);
    if (Json.has(body, "partition")) {
      table.removePartition(Json.text(body, "partition"), world.tick());
      return;
    }
    JsonObject where = Json.child(body, "where");
    table.remove(table.rows.stream().filter(r -> matches(table, r, where)).toList(), world.tick());
  }

  private static boolean matches(Table table, Table.Row row, JsonObject where) {
    return where.entrySet().stream().allMatch(e -> {
      int i = table.index(e.getKey());
      return row.values().get(i).equals(Cells.read(table.columns.get(i).zeta(), e.getValue()));
    });
  }

  private void column(JsonObject body) {
    Table table = table(body);
    List<Column> columns = new ArrayList<>(table.columns);
    String change = Json.need(body, "change");
    if (change.equals("add")) {
      Column added = Column.read(body.getAsJsonObject("field"));
      columns.add(added);
      Value empty = Cells.read(added.zeta(), null);
      table.reshape(columns, row -> with(row, row.size(), empty), world.tick());
      return;
    }
    int i = table.index(Json.need(body, "column"));
    Column old = columns.get(i);
    switch (change) {
      case "drop" -> {
        columns.remove(i);
        table.reshape(columns, row -> without(row, i), world.tick());
      }
      case "rename" -> {
        columns.set(i, old.renamed(Json.need(body, "to")));
        table.reshape(columns, row -> row, world.tick());
      }
      case "retype" -> {
        Column retyped = Column.read(Json.object("name", old.name(), "type", Json.need(body, "to")));
        columns.set(i, retyped);
        table.reshape(columns, row -> with(without(row, i), i, Cells.cast(row.get(i), retyped.zeta())), world.tick());
      }
      default -> throw ApiError.of("invalid", "change must be add, drop, rename or retype");
    }
  }

  private static List<Value> with(List<Value> row, int at, Value value) {
    List<Value> changed = new ArrayList<>(row);
    changed.add(at, value);
    return changed;
  }

  private static List<Value> without(List<Value> row, int at) {
    List<Value> changed = new ArrayList<>(row);
    changed.remove(at);
    return changed;
  }

  private void drop(JsonObject body) {
    String project = Json.need(body, "project");
    String dataset = Json.need(body, "dataset");
    if (Json.has(body, "table")) {
      world.dataset(project, dataset).tables.remove(Json.text(body, "table"));
    } else {
      world.datasets.remove(project + "." + dataset);
    }
  }

  private void policy(JsonObject body) {
    Table table = table(body);
    if (Json.has(body, "policies")) {
      table.policies = Json.children(body, "policies").stream()
          .map(p -> new Table.Policy(Json.need(p, "filter"), Set.copyOf(Json.texts(p, "grantees")))).toList();
    }
    for (JsonObject column : Json.children(body, "columns")) {
      table.protectedColumns.put(Snapshot.key(Json.need(column, "column")), Set.copyOf(Json.texts(column, "grantees")));
    }
  }

  private void settings(JsonObject body) {
    world.offsetMillis = 1000 * Json.number(body, "offsetSeconds", world.offsetMillis / 1000);
    world.partitionsSummary = Json.flag(body, "partitionsSummary", world.partitionsSummary);
    world.pageRows = (int) Json.number(body, "pageRows", world.pageRows);
    world.jobMillis = Json.number(body, "jobMillis", world.jobMillis);
    world.tokens.configure(body);
  }
}
