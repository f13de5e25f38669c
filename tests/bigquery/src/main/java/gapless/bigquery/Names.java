package gapless.bigquery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds the tables that a statement names, looks through views and row policies by putting their SQL in the place of the
 * name, and checks rights and locations. Call it under the world's lock.
 */
final class Names {
  private static final int DEEPEST_VIEW = 16;

  private final World world;
  private final String principal;
  /** Of names without one: the job's, or within a view the view's. */
  private String project;
  private String location;
  private int depth;
  private boolean trusted;
  private final Map<String, Snapshot> tables = new LinkedHashMap<>();
  private final Set<Table> named = new LinkedHashSet<>();

  Names(World world, String principal, String project, String location) {
    this.world = world;
    this.principal = principal;
    this.project = project;
    this.location = location;
  }

  String resolve(String sql) {
    return SqlNames.replace(sql, this::replacement);
  }

  private String replacement(String path) {
    Table table = find(path);
    return table.isView() ? view(table) : base(table);
  }

  private Table find(String path) {
    List<String> parts = new ArrayList<>(List.of(path.split("\\.", -1)));
    if (parts.size() == 2) {
      parts.add(0, project);
    }
    if (parts.size() != 3) {
      throw ApiError.of("invalid", "Invalid table name: `" + path + "`; this server reads names of a dataset and a table, or of a "
          + "project, a dataset and a table, in one pair of back-quotes");
    }
    if (!trusted) {
      // First, so that a principal without rights cannot learn which tables exist.
      world.rights.check(principal, Rights.READ_ROWS, String.join(".", parts));
    }
    Dataset dataset = world.datasets.get(parts.get(0) + "." + parts.get(1));
    String wanted = parts.get(0) + ":" + parts.get(1);
    if (dataset == null || (location != null && !dataset.isIn(location))) {
      throw ApiError.notFound("Dataset " + wanted + " was not found in location " + (location == null ? "US" : location));
    }
    location = dataset.location;
    Table table = dataset.tables.get(parts.get(2));
    if (table == null) {
      throw ApiError.notFound("Table " + wanted + "." + parts.get(2) + " was not found in location " + location);
    }
    return table;
  }

  private String view(Table view) {
    if (++depth > DEEPEST_VIEW) {
      throw ApiError.invalidQuery("Not supported: views nested deeper than " + DEEPEST_VIEW);
    }
    boolean outer = trusted;
    String outerProject = project;
    trusted = outer || view.authorized;
    project = view.project;
    // The line's end ends a comment that the view may end with.
    String sql = "(" + resolve(view.view) + "\n)";
    project = outerProject;
    trusted = outer;
    depth--;
    return sql;
  }

  private String base(Table table) {
    named.add(table);
    tables.computeIfAbsent(table.path(), p -> new Snapshot(table, principal));
    String name = "`" + table.path() + "`";
    if (table.policies.isEmpty()) {
      return name;
    }
    String seen = String.join(" OR ", table.policies.stream().filter(p -> p.grantees().contains(principal))
        .map(p -> "(" + p.filter() + ")").toList());
    String columns = String.join(", ", Snapshot.pseudoColumns(table.partitioning));
    return "(SELECT *" + (columns.isEmpty() ? "" : ", " + columns) + " FROM " + name + " WHERE " + (seen.isEmpty() ? "FALSE" : seen) + ")";
  }

  Map<String, Snapshot> tables() {
    return tables;
  }

  /** The base tables, below every view. */
  Set<Table> named() {
    return named;
  }

  /** Where the job runs: as asked for, or where its tables are. */
  String location() {
    return location == null ? "US" : location;
  }
}
