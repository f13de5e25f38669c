package gapless.bigquery;

import com.google.gson.JsonObject;
import com.google.zetasql.Value;
import java.util.Map;

/** Turns the body of `jobs.insert` into a job, or refuses it. */
final class Submission {
  private final World world;
  private final Call call;
  private final JsonObject configuration;
  private final String location;

  Submission(World world, Call call, JsonObject configuration, String location) {
    this.world = world;
    this.call = call;
    this.configuration = configuration;
    this.location = location;
  }

  Job job(String id) {
    JsonObject query = Json.child(configuration, "query");
    String sql = Json.need(query, "query");
    // The interface's default is legacy SQL, which this server does not know: a client that forgets the field must notice.
    if (Json.flag(query, "useLegacySql", true)) {
      throw ApiError.of("invalid", "useLegacySql must be false");
    }
    Map<String, Value> parameters = Parameters.read(query);
    if (!parameters.isEmpty() && !"NAMED".equalsIgnoreCase(Json.text(query, "parameterMode"))) {
      throw ApiError.of("invalid", "parameterMode must be NAMED");
    }
    Names names = new Names(world, call.principal, call.project, location);
    String resolved;
    synchronized (world) {
      resolved = names.resolve(sql);
    }
    Statement statement = new Statement(resolved, parameters, names.tables().values());
    return new Job(call.project, id, names, statement, configuration, world.now());
  }
}
