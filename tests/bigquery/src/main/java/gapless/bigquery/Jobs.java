package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The calls of `jobs`: insert, get, getQueryResults and cancel. */
final class Jobs {
  private static final long LONGEST_WAIT = 200_000;

  private final World world;
  private final Map<String, Job> jobs = new LinkedHashMap<>();

  Jobs(World world) {
    this.world = world;
  }

  JsonObject insert(Call call, JsonObject body) {
    JsonObject configuration = Json.child(body, "configuration");
    world.rights.check(call.principal, Rights.RUN_JOBS, call.project);
    boolean dryRun = Json.flag(configuration, "dryRun", false);
    JsonObject reference = Json.child(body, "jobReference");
    String id = dryRun ? Json.text(reference, "jobId") : Json.need(reference, "jobId");
    if (!dryRun) {
      refuseSecond(call.project, id);
    }
    String location = Json.text(reference, "location");
    Job job = new Submission(world, call, configuration, location).job(id);
    call.bytes(job.statement);
    if (!dryRun) {
      keep(job);
      start(job);
    }
    return job.json();
  }

  /** Before all else: a request that is sent again must learn that its job exists, whatever has changed since. */
  private synchronized void refuseSecond(String project, String id) {
    Job job = jobs.get(project + ":" + id);
    if (job != null) {
      throw ApiError.of("duplicate", "Already Exists: Job " + job.label());
    }
  }

  private synchronized void keep(Job job) {
    refuseSecond(job.project, job.id);
    jobs.put(job.project + ":" + job.id, job);
  }

  private void start(Job job) {
    Fault fault = world.faults.take("job", job.id, false);
    long run = world.jobMillis + (fault == null ? 0 : fault.delayMillis());
    ApiError failure = fault == null ? null : fault.error(job.label());
    long timeout = job.timeout();
    if (timeout > 0) {
      // Whichever is first counts: a job that is done stays as it is.
      after(timeout, () -> job.finish(Rows.NONE, ApiError.of("stopped", "Job execution was cancelled: Job timed out after "
          + timeout + "ms"), world.now()));
    }
    if (failure != null) {
      after(run, () -> job.finish(Rows.NONE, failure, world.now()));
    } else {
      after(run, () -> Engine.start(() -> execute(job)));
    }
  }

  private static void after(long millis, Runnable work) {
    if (millis == 0) {
      work.run();
    } else {
      CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(work);
    }
  }

  private void execute(Job job) {
    if (job.isDone()) {
      return;
    }
    Rows rows = Rows.NONE;
    ApiError error = job.overBudget();
    try {
      rows = error == null ? Rows.of(job.statement.evaluate()) : rows;
    } catch (ApiError e) {
      error = e;
    } catch (RuntimeException e) {
      error = ApiError.of("internalError", "this test server's evaluator failed: " + e);
    }
    job.finish(rows, error, world.now());
  }

  private synchronized Job find(Call call) {
    Job job = jobs.get(call.project + ":" + call.job);
    String asked = call.query.get("location");
    // Without a location the service looks in its two multi-regions only.
    boolean there = job != null && (asked == null ? List.of("US", "EU").contains(job.location) : asked.equalsIgnoreCase(job.location));
    if (!there) {
      throw ApiError.notFound("Job " + call.project + ":" + (asked == null ? "" : asked + ".") + call.job);
    }
    return job;
  }

  JsonObject get(Call call) {
    return find(call).json();
  }

  JsonObject cancel(Call call) {
    Job job = find(call);
    job.cancel(world.now());
    return Json.object("kind", "bigquery#jobCancelResponse", "job", job.json());
  }

  Page results(Call call) {
    Job job = find(call);
    long wait = Math.min(LONGEST_WAIT, call.number("timeoutMs", 10_000));
    boolean stuck = call.fault != null && call.fault.is("incomplete");
    if (stuck || !job.await(wait)) {
      return new Page(Json.object("kind", "bigquery#getQueryResultsResponse", "jobReference", job.reference(), "jobComplete", false), null);
    }
    if (job.error() != null) {
      throw job.error();
    }
    Long bytes = job.statement.bytes;
    JsonObject head = Json.object("kind", "bigquery#getQueryResultsResponse", "etag", "\"" + job.id + "\"",
        "schema", Column.schema(job.statement.schema), "jobReference", job.reference(),
        "totalBytesProcessed", bytes == null ? null : Long.toString(bytes),
        "totalBytesBilled", bytes == null ? null : Long.toString(job.statement.billed()), "jobComplete", true, "cacheHit", false);
    return Page.of(call, head, job.rows(), world.pageRows);
  }

  synchronized Collection<JsonObject> summaries() {
    return jobs.values().stream().map(Job::summary).toList();
  }
}
