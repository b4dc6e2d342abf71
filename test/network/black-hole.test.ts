/** A name with two addresses, the first of which swallows every connection: what a half-working IPv6 looks like from here. */
import { spawn } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createNetwork } from "../../src/network/index.ts";

const TIMEOUT_MS = 10_000;
/** It listens, accepts what fits into a queue of one, and then stands still. */
const HOLE = `
  const server = require("node:net").createServer();
  server.listen({ host: "::1", port: Number(process.argv[1]), backlog: 1 }, () => {
    process.stdout.write("listening");
    process.kill(process.pid, "SIGSTOP");
  });`;

/** @returns false where this machine has no IPv6 */
async function blackHole(port: number): Promise<boolean> {
  const child = spawn(process.execPath, ["-e", HOLE, String(port)], { stdio: ["ignore", "pipe", "ignore"] });
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    const gone = once(child, "close");
    child.kill("SIGKILL");
    await gone;
  });
  const said = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  if (String(said[0]) !== "listening") return false;
  // Fills the queue; the connection that hangs is the proof that it is full.
  for (let opened = true; opened;) {
    const socket = connect({ host: "::1", port });
    socket.on("error", () => socket.destroy());
    sockets.push(socket);
    opened = await Promise.race([once(socket, "connect").then(() => true), sleep(500).then(() => false)]);
  }
  return true;
}

test("an address that swallows connections costs a moment, not the time of the request", async (context) => {
  const server = createServer((_, reply) => reply.end("well"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  if (!(await blackHole(port))) context.skip("this machine has no IPv6");
  let asked = 0;
  const { lookup } = dns;
  onTestFinished(() => void Object.assign(dns, { lookup }));
  Object.assign(dns, {
    lookup: (_name: string, _options: object, answer: (error: null, found: dns.LookupAddress[]) => void) => {
      asked += 1;
      answer(null, [
        { address: "::1", family: 6 },
        { address: "127.0.0.1", family: 4 },
      ]);
    },
  });
  const network = createNetwork({ connections: 1, environment: {} });
  onTestFinished(() => network.close());
  const startedMs = performance.now();
  const reply = await network.request(new URL(`http://two-addresses.example:${port}/`), {
    method: "GET",
    headers: {},
    timeoutMs: TIMEOUT_MS,
    maxBytes: 100,
  });
  expect(reply.body.toString()).toBe("well");
  expect(asked).toBe(1);
  expect(performance.now() - startedMs).toBeLessThan(TIMEOUT_MS / 2);
});
