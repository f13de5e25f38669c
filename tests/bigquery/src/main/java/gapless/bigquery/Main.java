package gapless.bigquery;

import java.io.IOException;

/** Starts the server, prints its port, and ends when its standard input ends: no orphan outlives its tests. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws IOException {
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
