package gapless.bigquery;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The HTTP side: /WORLD/… on the main port, and /… on a port that one world has for itself. */
final class Server {
  private final Map<String, World> worlds = new ConcurrentHashMap<>();
  private final Map<String, Integer> ports = new ConcurrentHashMap<>();
  // Slow answers and waiting clients hold a thread each, so their number has no limit.
  private final ExecutorService threads = Executors.newCachedThreadPool();

  static {
    // Without it, small answers wait 40 ms for the client's acknowledgement of their head.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    System.setProperty("sun.net.httpserver.maxIdleConnections", "1000");
  }

  /** Listens on a port of its own, for all worlds or for one, and returns the port. */
  int start(String world) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", exchange -> handle(exchange, world));
    server.start();
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange, String only) throws IOException {
    try {
      List<String> path = new ArrayList<>();
      Arrays.stream(exchange.getRequestURI().getRawPath().split("/")).filter(p -> !p.isEmpty())
          .forEach(p -> path.add(URLDecoder.decode(p.replace("+", "%2B"), StandardCharsets.UTF_8)));
      String world = only != null ? only : path.isEmpty() ? "" : path.remove(0);
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      Call call = new Call(exchange.getRequestMethod(), path, exchange.getRequestURI().getRawQuery(), headers(exchange), body);
      send(exchange, answer(world, call));
    } finally {
      exchange.close();
    }
  }

  private static Map<String, String> headers(HttpExchange exchange) {
    Map<String, String> headers = new HashMap<>();
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
    return headers;
  }

  private Reply answer(String name, Call call) throws IOException {
    if (call.path.equals(List.of("test", "reset"))) {
      worlds.remove(name);
      return Reply.ok(Json.object());
    }
    if (call.path.equals(List.of("test", "port"))) {
      return Reply.ok(Json.object("port", ownPort(name)));
    }
    return worlds.computeIfAbsent(name, n -> new World()).answer(call);
  }

  private synchronized int ownPort(String world) throws IOException {
    Integer port = ports.get(world);
    if (port == null) {
      port = start(world);
      ports.put(world, port);
    }
    return port;
  }

  private static void send(HttpExchange exchange, Reply reply) throws IOException {
    if (reply.delivery == Reply.Delivery.LOST) {
      return;
    }
    byte[] body = reply.body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", reply.type);
    reply.headers.forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(reply.status, body.length == 0 ? -1 : body.length);
    if (body.length > 0) {
      OutputStream out = exchange.getResponseBody();
      out.write(body, 0, reply.delivery == Reply.Delivery.WHOLE ? body.length : body.length / 2);
      out.flush();
      World.sleep(reply.stallMillis);
    }
  }
}
