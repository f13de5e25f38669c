package gapless.bigquery;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The access tokens that were issued, and the keys of the service accounts. Times are in seconds. */
final class Tokens {
  private record Issued(String principal, long expires) {}

  /** The service tolerates this much difference between the clocks of a signed token's maker and its own. */
  private static final long TOLERANCE = 300;
  private static final long LONGEST = 3600;

  private final Map<String, Issued> issued = new HashMap<>();
  private final Map<String, PublicKey> keys = new HashMap<>();
  private long offset;
  private long lifetime = LONGEST;
  private Long realLifetime;

  synchronized void configure(JsonObject body) {
    offset = Json.number(body, "tokenOffsetSeconds", offset);
    lifetime = Json.number(body, "tokenSeconds", lifetime);
    realLifetime = Json.has(body, "tokenRealSeconds") ? Long.valueOf(Json.number(body, "tokenRealSeconds", 0)) : realLifetime;
  }

  synchronized void revokeAll() {
    issued.clear();
  }

  private long now() {
    return System.currentTimeMillis() / 1000 + offset;
  }

  /** Seconds that a new token is said to live. */
  synchronized long lifetime() {
    return lifetime;
  }

  synchronized String issue(String principal) {
    String token = "ya29." + UUID.randomUUID();
    put(token, principal, realLifetime == null ? lifetime : realLifetime);
    return token;
  }

  synchronized void put(String token, String principal, long seconds) {
    issued.put(token, new Issued(principal, now() + seconds));
  }

  synchronized void account(String email, String pem) {
    try {
      byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
      keys.put(email, KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der)));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw ApiError.of("invalid", "publicKey must be a PEM of SubjectPublicKeyInfo (openssl rsa -pubout): " + e.getMessage());
    }
  }

  /** Whom an Authorization header stands for. Some clients send a token that the account signed itself. */
  synchronized String principal(String header) {
    if (header == null || !header.startsWith("Bearer ")) {
      throw ApiError.unauthenticated();
    }
    String token = header.substring("Bearer ".length()).strip();
    Issued found = issued.get(token);
    if (found != null && found.expires() > now()) {
      return found.principal();
    }
    String signer = found == null ? signer(token) : null;
    if (signer == null) {
      throw ApiError.unauthenticated();
    }
    return signer;
  }

  /** The account that signed this token with its key and a time that is valid now; null if there is none. */
  synchronized String signer(String jwt) {
    String[] parts = jwt.split("\\.");
    if (parts.length != 3) {
      return null;
    }
    try {
      Base64.Decoder url = Base64.getUrlDecoder();
      JsonObject head = Json.parse(new String(url.decode(parts[0]), StandardCharsets.UTF_8));
      JsonObject claims = Json.parse(new String(url.decode(parts[1]), StandardCharsets.UTF_8));
      String email = Json.text(claims, "iss");
      PublicKey key = keys.get(email);
      boolean good = key != null && "RS256".equals(Json.text(head, "alg")) && timely(claims)
          && signed(parts[0] + "." + parts[1], url.decode(parts[2]), key);
      return good ? email : null;
    } catch (ApiError | IllegalArgumentException | GeneralSecurityException e) {
      return null;
    }
  }

  private boolean timely(JsonObject claims) {
    long from = Json.number(claims, "iat", Long.MAX_VALUE);
    long until = Json.number(claims, "exp", 0);
    return from <= now() + TOLERANCE && until > now() && until - from <= LONGEST + TOLERANCE;
  }

  private static boolean signed(String text, byte[] signature, PublicKey key) throws GeneralSecurityException {
    Signature verifier = Signature.getInstance("SHA256withRSA");
    verifier.initVerify(key);
    verifier.update(text.getBytes(StandardCharsets.US_ASCII));
    return verifier.verify(signature);
  }
}
