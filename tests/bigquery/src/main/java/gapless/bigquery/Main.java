package gapless.bigquery;

import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Starts the server, prints its port, and ends when its standard input ends: no orphan outlives its tests. */
public final class Main {
  /** A field, because a logger that nothing holds is forgotten together with its level. */
  private static final Logger CHANNEL = Logger.getLogger("com.google.zetasql.io.grpc");

  private Main() {}

  public static void main(String[] arguments) throws IOException {
    CHANNEL.setLevel(Level.SEVERE);
    Server server = new Server();
    Engine.warm();
    System.out.println(server.start(null));
    System.out.flush();
    while (System.in.read() >= 0) {
      // Input means nothing; only its end does.
    }
    System.exit(0);
  }
}
