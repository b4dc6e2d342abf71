/** Ports for servers that must be told theirs. */
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port nobody listens at. Of those that systems do not give to connections on their way out (from 32,768 on, on Linux): a server that is
 * killed finds its port free when it comes back.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(10_000, 20_000);
    const server = createServer().listen(port, "127.0.0.1");
    const [listening] = await Promise.allSettled([once(server, "listening")]);
    if (listening.status === "rejected") continue;
    server.close();
    await once(server, "close");
    return port;
  }
  throw new Error("Cannot find a free port");
}
