package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** One query job, from its start to its result. */
final class Job {
  final String project;
  final String id;
  final String location;
  final Statement statement;
  private final JsonObject configuration;
  private final List<JsonObject> referenced;
  private final long created;
  private final CountDownLatch done = new CountDownLatch(1);
  private long ended;
  private ApiError error;
  private boolean cancelRequested;
  private Rows rows = Rows.NONE;

  Job(String project, String id, Names names, Statement statement, JsonObject configuration, long now) {
    this.project = project;
    this.id = id;
    this.location = names.location();
    this.statement = statement;
    this.configuration = configuration;
    this.referenced = references(names.named());
    this.created = now;
  }

  private static List<JsonObject> references(Set<Table> tables) {
    return tables.stream().map(t -> Json.object("projectId", t.project, "datasetId", t.dataset, "tableId", t.name)).toList();
  }

  boolean dryRun() {
    return Json.flag(configuration, "dryRun", false);
  }

  /** How long the job may run, in milliseconds; 0 is for ever. */
  long timeout() {
    return Json.number(configuration, "jobTimeoutMs", 0);
  }

  ApiError overBudget() {
    long most = Json.number(Json.child(configuration, "query"), "maximumBytesBilled", Long.MAX_VALUE);
    return statement.billed() <= most ? null : ApiError.of("bytesBilledLimitExceeded",
        "Query exceeded limit for bytes billed: " + most + ". " + statement.billed() + " or higher required.");
  }

  synchronized void finish(Rows result, ApiError failure, long now) {
    if (done.getCount() > 0) {
      rows = result;
      error = failure;
      ended = now;
      done.countDown();
    }
  }

  void cancel(long now) {
    synchronized (this) {
      cancelRequested = true;
    }
    finish(Rows.NONE, ApiError.of("stopped", "Job execution was cancelled: User requested cancellation"), now);
  }

  boolean await(long millis) {
    try {
      return done.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  boolean isDone() {
    return done.getCount() == 0;
  }

  synchronized ApiError error() {
    return error;
  }

  synchronized Rows rows() {
    return rows;
  }

  JsonObject reference() {
    return Json.object("projectId", project, "jobId", id, "location", location);
  }

  String label() {
    return project + ":" + location + "." + id;
  }

  Long billed() {
    return statement.bytes == null ? null : error() == null ? statement.billed() : 0L;
  }

  synchronized JsonObject json() {
    String state = isDone() || dryRun() ? "DONE" : "RUNNING";
    JsonObject failure = error == null ? null : error.result();
    boolean bytes = statement.bytes != null && (isDone() || dryRun());
    String processed = bytes ? Long.toString(statement.bytes) : null;
    JsonObject query = Json.object("totalBytesProcessed", processed,
        "totalBytesBilled", bytes ? Long.toString(dryRun() ? 0 : billed()) : null, "totalBytesProcessedAccuracy", bytes ? "PRECISE" : null,
        "cacheHit", false, "statementType", "SELECT", "referencedTables", referenced,
        "schema", dryRun() ? Column.schema(statement.schema) : null);
    JsonObject statistics = Json.object("creationTime", Long.toString(created), "startTime", dryRun() ? null : Long.toString(created),
        "endTime", ended == 0 ? null : Long.toString(ended), "totalBytesProcessed", processed, "query", query);
    // A dry run makes no job, so it has no id.
    return Json.object("kind", "bigquery#job", "id", dryRun() ? null : label(),
        "jobReference", dryRun() ? Json.object("projectId", project, "location", location) : reference(),
        "configuration", configuration, "statistics", statistics,
        "status", Json.object("state", state, "errorResult", failure, "errors", failure == null ? null : List.of(failure)));
  }

  /** For the tests: also whether a cancellation was asked for. */
  synchronized JsonObject summary() {
    return Json.object("jobId", id, "project", project, "location", location, "state", isDone() ? "DONE" : "RUNNING",
        "cancelRequested", cancelRequested, "error", error == null ? null : error.reason, "created", created,
        "ended", ended == 0 ? null : ended,
        "labels", configuration.get("labels"));
  }
}
