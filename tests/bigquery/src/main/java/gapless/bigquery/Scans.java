package gapless.bigquery;

import com.google.zetasql.resolvedast.ResolvedColumn;
import com.google.zetasql.resolvedast.ResolvedJoinScanEnums.JoinType;
import com.google.zetasql.resolvedast.ResolvedNode;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedArrayScan;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedExpr;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedFilterScan;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedJoinScan;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedProjectScan;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedScan;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedTableScan;
import com.google.zetasql.resolvedast.ResolvedNodes.Visitor;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the table scans of an analyzed statement, each with the filters that every row of it must pass. A filter holds
 * for a scan below it if only filters, projections and joins that cannot invent rows lie between: there a column keeps
 * its identity. Below anything else (aggregation, union, limit, the far side of an outer join) no filter holds.
 */
final class Scans extends Visitor {
  record Scan(String table, List<ResolvedColumn> columns, List<ResolvedExpr> filters) {}

  private final List<Scan> found = new ArrayList<>();
  private List<ResolvedExpr> filters = List.of();

  static List<Scan> of(ResolvedNode statement) {
    Scans scans = new Scans();
    statement.accept(scans);
    return scans.found;
  }

  @Override
  protected void defaultVisit(ResolvedNode node) {
    List<ResolvedExpr> outer = filters;
    filters = List.of();
    super.defaultVisit(node);
    filters = outer;
  }

  private void below(ResolvedNode node, List<ResolvedExpr> holding) {
    if (node != null) {
      List<ResolvedExpr> outer = filters;
      filters = holding;
      node.accept(this);
      filters = outer;
    }
  }

  @Override
  public void visit(ResolvedTableScan node) {
    found.add(new Scan(node.getTable().getName(), node.getColumnList(), filters));
  }

  @Override
  public void visit(ResolvedFilterScan node) {
    List<ResolvedExpr> more = new ArrayList<>(filters);
    more.add(node.getFilterExpr());
    below(node.getInputScan(), more);
    below(node.getFilterExpr(), List.of());
  }

  @Override
  public void visit(ResolvedProjectScan node) {
    below(node.getInputScan(), filters);
    node.getExprList().forEach(e -> below(e, List.of()));
  }

  /** A join with an array: rows of the input are repeated or dropped, as on the left of a join. */
  @Override
  public void visit(ResolvedArrayScan node) {
    below(node.getInputScan(), filters);
    node.getArrayExprList().forEach(e -> below(e, List.of()));
    below(node.getJoinExpr(), List.of());
  }

  @Override
  public void visit(ResolvedJoinScan node) {
    JoinType type = node.getJoinType();
    side(node.getLeftScan(), type == JoinType.INNER || type == JoinType.LEFT);
    side(node.getRightScan(), type == JoinType.INNER || type == JoinType.RIGHT);
    below(node.getJoinExpr(), List.of());
  }

  private void side(ResolvedScan scan, boolean holds) {
    below(scan, holds ? filters : List.of());
  }
}
