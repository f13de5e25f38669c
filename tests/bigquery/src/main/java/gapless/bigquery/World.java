package gapless.bigquery;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * Everything that one test sees: data, jobs, tokens, rights, faults and a clock. Worlds know nothing of each other, so one
 * process serves all tests at once. The world's lock guards its data; jobs work on copies and never take it.
 */
final class World {
  final TreeMap<String, Dataset> datasets = new TreeMap<>();
  final Rights rights = new Rights();
  final Faults faults = new Faults();
  final Tokens tokens = new Tokens();
  private final Jobs jobs = new Jobs(this);
  private final Tables tables = new Tables(this);
  final Identity identity = new Identity(this);
  private final Admin admin = new Admin(this);
  private final List<JsonObject> calls = new ArrayList<>();
  volatile boolean partitionsSummary = true;
  /** The service, too, ends a page before `maxResults` when it grows too large. */
  volatile int pageRows = 100_000;
  volatile long jobMillis;
  volatile long offsetMillis;
  private long lastTick;

  long now() {
    return System.currentTimeMillis() + offsetMillis;
  }

  /** The time of a change. Two changes within a millisecond still get different times, so that each can be seen. */
  synchronized long tick() {
    long now = now();
    boolean sameMoment = now <= lastTick && lastTick - now < 1000;
    lastTick = sameMoment ? lastTick + 1 : now;
    return lastTick;
  }

  Dataset dataset(String project, String name) {
    Dataset dataset = datasets.get(project + "." + name);
    if (dataset == null) {
      throw ApiError.notFound("Dataset " + project + ":" + name);
    }
    return dataset;
  }

  Table table(String project, String dataset, String name) {
    Table table = dataset(project, dataset).tables.get(name);
    if (table == null) {
      throw ApiError.notFound("Table " + project + ":" + dataset + "." + name);
    }
    return table;
  }

  Jobs jobs() {
    return jobs;
  }

  Reply answer(Call call) {
    if (call.kind.equals("test")) {
      return tried(() -> Reply.ok(admin.answer(call)));
    }
    call.fault = faults.take(call.kind, call.subject(), call.query.containsKey("pageToken"));
    Reply reply = call.fault == null ? tried(() -> route(call)) : misbehave(call);
    synchronized (calls) {
      calls.add(call.log(reply.status, reply.reason));
    }
    return reply;
  }

  private Reply misbehave(Call call) {
    sleep(call.fault.is("stall") ? 0 : call.fault.delayMillis());
    Reply instead = call.fault.instead(call.subject());
    return instead != null ? instead : call.fault.spoil(call, tried(() -> route(call)));
  }

  static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Reply tried(Supplier<Reply> work) {
    try {
      return work.get();
    } catch (ApiError e) {
      return Reply.error(e);
    } catch (RuntimeException e) {
      // A fault of this server or of a test's request: say where, for whoever looks at the test's output.
      e.printStackTrace();
      return Reply.error(ApiError.of("internalError", "this test server failed: " + e));
    }
  }

  private Reply route(Call call) {
    if (identity.serves(call.kind)) {
      return identity.answer(call);
    }
    call.principal = tokens.principal(call.header("Authorization"));
    return switch (call.kind) {
      case "tables.get" -> locked(() -> Reply.ok(tables.get(call)));
      case "tabledata.list" -> locked(() -> tables.list(call).reply());
      case "jobs.insert" -> Reply.ok(jobs.insert(call, Json.parse(call.body)));
      case "jobs.get" -> Reply.ok(jobs.get(call));
      case "jobs.cancel" -> Reply.ok(jobs.cancel(call));
      case "jobs.getQueryResults" -> jobs.results(call).reply();
      default -> throw ApiError.of("notFound", "this test server has no call " + call.method + " /" + String.join("/", call.path));
    };
  }

  private synchronized Reply locked(Supplier<Reply> work) {
    return work.get();
  }

  /** The calls since the last time of asking. */
  List<JsonObject> takeCalls() {
    synchronized (calls) {
      List<JsonObject> taken = List.copyOf(calls);
      calls.clear();
      return taken;
    }
  }
}
