package gapless.bigquery;

import com.google.zetasql.Analyzer;
import com.google.zetasql.AnalyzerOptions;
import com.google.zetasql.LanguageOptions;
import com.google.zetasql.PreparedQuery;
import com.google.zetasql.SimpleCatalog;
import com.google.zetasql.SqlException;
import com.google.zetasql.TableContent;
import com.google.zetasql.Value;
import com.google.zetasql.ZetaSQLBuiltinFunctionOptions;
import com.google.zetasql.ZetaSQLOptions.ProductMode;
import com.google.zetasql.io.grpc.Status.Code;
import com.google.zetasql.io.grpc.StatusRuntimeException;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedQueryStmt;
import com.google.zetasql.resolvedast.ResolvedNodes.ResolvedStatement;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Google's own analyzer and reference evaluator. A catalog with every function is slow to make and not made for several
 * threads, so each thread of a small pool keeps its own and lends it to one statement at a time.
 */
final class Engine {
  /** The evaluator's limit for one request; the rest of a request (statement, types) needs the margin. */
  private static final int LIMIT = 4 << 20;
  private static final int MARGIN = 128 << 10;
  private static final LanguageOptions LANGUAGE = new LanguageOptions();

  static {
    LANGUAGE.enableMaximumLanguageFeatures();
    LANGUAGE.setProductMode(ProductMode.PRODUCT_EXTERNAL);
    // BigQuery reserves this word; here it is a choice.
    LANGUAGE.enableReservableKeyword("QUALIFY");
  }

  private static final ThreadLocal<SimpleCatalog> CATALOG = ThreadLocal.withInitial(Engine::catalog);
  private static final int THREADS = Math.max(4, Runtime.getRuntime().availableProcessors());
  private static final ExecutorService POOL = Executors.newFixedThreadPool(THREADS, task -> {
    Thread thread = new Thread(task, "engine");
    thread.setDaemon(true);
    return thread;
  });

  private Engine() {}

  private static SimpleCatalog catalog() {
    SimpleCatalog catalog = new SimpleCatalog("bigquery");
    catalog.addZetaSQLFunctionsAndTypes(new ZetaSQLBuiltinFunctionOptions(LANGUAGE));
    Column.sqlAliases().forEach(catalog::addType);
    return catalog;
  }

  /** Loads the native library before the first request needs it. */
  static void warm() {
    run(() -> analyze("SELECT 1", Map.of(), List.of()));
  }

  /** Runs on a thread that has a catalog, and waits. */
  static <T> T run(Callable<T> work) {
    try {
      return POOL.submit(work).get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException r ? r : new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  static void start(Runnable work) {
    POOL.execute(work);
  }

  private static AnalyzerOptions options(Map<String, Value> parameters) {
    AnalyzerOptions options = new AnalyzerOptions();
    options.setLanguageOptions(LANGUAGE);
    options.setPruneUnusedColumns(true);
    // As in BigQuery; the evaluator's own default is that of its makers.
    options.setDefaultTimezone("UTC");
    parameters.forEach((name, value) -> options.addQueryParameter(name, value.getType()));
    return options;
  }

  static ResolvedQueryStmt analyze(String sql, Map<String, Value> parameters, Collection<Snapshot> tables) {
    return withTables(tables, catalog -> {
      ResolvedStatement statement = Analyzer.analyzeStatement(sql, options(parameters), catalog);
      if (statement instanceof ResolvedQueryStmt query) {
        return query;
      }
      throw ApiError.invalidQuery("this server runs SELECT statements only");
    });
  }

  static List<? extends List<Value>> evaluate(String sql, Map<String, Value> parameters, Map<Snapshot, Set<String>> used) {
    Map<String, TableContent> contents = new HashMap<>();
    int size = 0;
    for (Map.Entry<Snapshot, Set<String>> table : used.entrySet()) {
      TableContent content = table.getKey().content(table.getValue());
      size += content.serialize().getSerializedSize();
      contents.put(table.getKey().path, content);
    }
    if (size > LIMIT - MARGIN) {
      throw ApiError.of("internalError", "this test server's evaluator takes at most 4 MiB of rows in one statement, and this one reads "
          + size + " bytes: use fewer rows or fewer columns in the test");
    }
    return withTables(used.keySet(), catalog -> {
      try (PreparedQuery query = PreparedQuery.builder().setSql(sql).setAnalyzerOptions(options(parameters)).setCatalog(catalog)
          .setTablesContents(contents).prepare()) {
        Map<String, Value> bound = new HashMap<>(parameters);
        bound.keySet().retainAll(query.getReferencedParameters());
        return query.execute(bound).getTableData();
      }
    });
  }

  /** The statement's fault in the service's words, or this server's own. */
  private static ApiError error(SqlException e) {
    Code code = e.getCause() instanceof StatusRuntimeException s ? s.getStatus().getCode() : Code.INVALID_ARGUMENT;
    return switch (code) {
      case INVALID_ARGUMENT, OUT_OF_RANGE, NOT_FOUND -> ApiError.invalidQuery(e.getMessage().replaceAll("\\[at (\\d+:\\d+)]", "at [$1]"));
      default -> ApiError.of("internalError", "this test server's evaluator cannot run the statement: " + code + ": " + e.getMessage());
    };
  }

  private interface Work<T> {
    T on(SimpleCatalog catalog);
  }

  private static <T> T withTables(Collection<Snapshot> tables, Work<T> work) {
    SimpleCatalog catalog = CATALOG.get();
    tables.forEach(t -> catalog.addSimpleTable(t.table()));
    try {
      return work.on(catalog);
    } catch (SqlException e) {
      throw error(e);
    } finally {
      tables.forEach(t -> catalog.removeSimpleTable(t.path));
    }
  }
}
