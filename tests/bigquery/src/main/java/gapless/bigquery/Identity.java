package gapless.bigquery;

import com.google.gson.JsonObject;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The places that issue tokens: the token endpoint of service accounts, the metadata server of a Google Cloud machine, the
 * security token service (workload identity federation), and service account impersonation.
 */
final class Identity {
  private static final String METADATA_HEADER = "Metadata-Flavor";

  private final World world;
  private final Map<String, String> refreshTokens = new HashMap<>();
  /** Principals by audience and subject token. */
  private final Map<String, String> federated = new HashMap<>();
  private final Set<String> impersonations = new HashSet<>();
  private String machine = "machine@test.iam.gserviceaccount.com";
  private String machineProject = "p";

  Identity(World world) {
    this.world = world;
  }

  synchronized void refreshToken(String token, String principal) {
    refreshTokens.put(token, principal);
  }

  synchronized void federate(String audience, String subjectToken, String principal) {
    federated.put(audience + " " + subjectToken, principal);
  }

  synchronized void impersonation(String caller, String target) {
    impersonations.add(caller + " " + target);
  }

  synchronized void machine(String email, String project) {
    machine = email;
    machineProject = project == null ? machineProject : project;
  }

  boolean serves(String kind) {
    return Set.of("token", "sts", "metadata", "impersonate").contains(kind);
  }

  synchronized Reply answer(Call call) {
    return switch (call.kind) {
      case "token" -> token(call);
      case "sts" -> exchange(call);
      case "metadata" -> metadata(call);
      default -> impersonate(call);
    };
  }

  private Reply token(Call call) {
    Map<String, String> form = form(call);
    String grant = form.getOrDefault("grant_type", "");
    if (grant.equals("refresh_token")) {
      return bearer(call, refreshTokens.get(form.get("refresh_token")), "Token has been expired or revoked.");
    }
    if (!grant.equals("urn:ietf:params:oauth:grant-type:jwt-bearer")) {
      return oauthError("unsupported_grant_type", "Invalid grant_type: " + grant);
    }
    return bearer(call, world.tokens.signer(form.getOrDefault("assertion", "")), "Invalid JWT: the signature, the account or the "
        + "times are wrong. Check your iat and exp values in the JWT claim.");
  }

  private Reply exchange(Call call) {
    Map<String, String> form = form(call);
    if (!"urn:ietf:params:oauth:grant-type:token-exchange".equals(form.get("grant_type"))) {
      return oauthError("unsupported_grant_type", "Invalid grant_type: " + form.get("grant_type"));
    }
    Reply reply = bearer(call, federated.get(form.get("audience") + " " + form.get("subject_token")),
        "The given credential is rejected by the attribute condition.");
    if (reply.status == 200) {
      JsonObject body = Json.parse(reply.body);
      body.addProperty("issued_token_type", "urn:ietf:params:oauth:token-type:access_token");
      return Reply.ok(body);
    }
    return reply;
  }

  /** Forms arrive in either notation. */
  private static Map<String, String> form(Call call) {
    if (!call.body.stripLeading().startsWith("{")) {
      return Call.pairs(call.body);
    }
    Map<String, String> form = new HashMap<>();
    Json.parse(call.body).entrySet().forEach(e -> form.put(e.getKey(), e.getValue().getAsString()));
    return form;
  }

  private Reply bearer(Call call, String principal, String refusal) {
    call.principal = principal;
    return principal == null ? oauthError("invalid_grant", refusal) : Reply.ok(Json.object("access_token", world.tokens.issue(principal),
        "expires_in", world.tokens.lifetime(), "token_type", "Bearer"));
  }

  private static Reply oauthError(String code, String text) {
    Reply reply = Reply.json(400, Json.object("error", code, "error_description", text));
    reply.reason = code;
    return reply;
  }

  /** Refuses a request without the header, as the real one does: a browser could send such a request for a stranger. */
  private Reply metadata(Call call) {
    if (!"Google".equalsIgnoreCase(call.header(METADATA_HEADER))) {
      return Reply.text(403, "Missing " + METADATA_HEADER + ":Google header.");
    }
    String path = String.join("/", call.path.subList(Math.min(2, call.path.size()), call.path.size()));
    String account = "instance/service-accounts/" + (path.contains("/default") ? "default" : machine);
    Reply reply;
    if (path.equals(account + "/token")) {
      reply = bearer(call, machine, "");
    } else if (path.equals(account + "/email")) {
      reply = Reply.text(200, machine);
    } else if (path.equals(account) && "true".equals(call.query.get("recursive"))) {
      reply = Reply.ok(Json.object("aliases", List.of("default"), "email", machine,
          "scopes", List.of("https://www.googleapis.com/auth/cloud-platform")));
    } else if (path.equals("project/project-id")) {
      reply = Reply.text(200, machineProject);
    } else if (path.equals("universe/universe-domain")) {
      reply = Reply.text(200, "googleapis.com");
    } else {
      reply = path.isEmpty() ? Reply.text(200, "instance/\nproject/\n") : Reply.text(404, "not found");
    }
    return reply.header(METADATA_HEADER, "Google").header("Server", "Metadata Server for VM");
  }

  private Reply impersonate(Call call) {
    String caller = world.tokens.principal(call.header("Authorization"));
    call.principal = caller;
    String last = call.path.get(call.path.size() - 1);
    String target = last.replace(":generateAccessToken", "");
    if (!last.endsWith(":generateAccessToken") || !impersonations.contains(caller + " " + target)) {
      throw ApiError.of(403, "forbidden", "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).");
    }
    Instant expires = Instant.ofEpochMilli(world.now()).plusSeconds(world.tokens.lifetime()).truncatedTo(ChronoUnit.SECONDS);
    return Reply.ok(Json.object("accessToken", world.tokens.issue(target), "expireTime", expires));
  }
}
