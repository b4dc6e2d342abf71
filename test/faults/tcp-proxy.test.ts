/** The proxy the fault suite spoils links with does what it is told, for open connections and for new ones. */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { type LinkFaults, openTcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** A server that says everything back, behind a proxy. */
async function openEcho(): Promise<TcpProxy> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined); // The proxy resets it.
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await openTcpProxy({ port: (server.address() as AddressInfo).port });
  onTestFinished(async () => {
    await proxy[Symbol.asyncDispose]();
    server.close();
  });
  return proxy;
}

class Client {
  readonly socket: Socket;
  readonly arrivals: number[] = [];
  error: string | undefined;
  heard = "";

  constructor({ host, port }: TcpProxy) {
    this.socket = connect({ host, port });
    this.socket.on("error", (error: NodeJS.ErrnoException) => (this.error = error.code));
    this.socket.setEncoding("utf8").on("data", (text: string) => {
      this.heard += text;
      this.arrivals.push(performance.now());
    });
    onTestFinished(() => void this.socket.destroy());
  }

  async say(text: string): Promise<void> {
    this.socket.write(text);
    while (this.heard.length < text.length && !this.socket.closed) await sleep(2);
  }

  async closed(): Promise<void> {
    if (!this.socket.closed) await once(this.socket, "close").catch(() => []);
  }
}

test("a sound link passes everything, and both ends hear when one hangs up", async () => {
  const proxy = await openEcho();
  const client = new Client(proxy);
  const text = "x".repeat(300_000);
  await client.say(text);
  expect(client.heard).toBe(text);
  expect(proxy.counts).toMatchObject({ accepted: 1, bytesUp: 300_000, bytesDown: 300_000, resets: 0 });
  client.socket.end();
  await client.closed();
  expect(client.error).toBeUndefined();
  await expect.poll(() => proxy.open).toBe(0);
});

test("latency holds every byte up, once each way", async () => {
  const proxy = await openEcho();
  proxy.order({ up: { latencyMs: 60 }, down: { latencyMs: 40, jitterMs: 20 } });
  const client = new Client(proxy);
  const from = performance.now();
  await client.say("hello");
  const tookMs = performance.now() - from;
  expect(tookMs).toBeGreaterThanOrEqual(99);
  expect(tookMs).toBeLessThan(1_000);
});

test("slices and a narrow pipe spread what is said over time", async () => {
  const proxy = await openEcho();
  proxy.order({ down: { sliceBytes: 10, sliceGapMs: 5 } });
  const client = new Client(proxy);
  const from = performance.now();
  await client.say("0123456789".repeat(10));
  expect(client.heard).toBe("0123456789".repeat(10));
  expect(performance.now() - from).toBeGreaterThanOrEqual(40);
  expect(client.arrivals.length).toBeGreaterThan(3);

  proxy.order({ up: { sliceBytes: 100, bytesPerSecond: 10_000 } });
  const narrow = new Client(proxy);
  const before = performance.now();
  await narrow.say("y".repeat(2_000));
  expect(performance.now() - before).toBeGreaterThanOrEqual(150);
});

test("a connection is cut off after its bytes, as if all was said", async () => {
  const proxy = await openEcho();
  proxy.order({ down: { truncateAfterBytes: 7 } });
  const client = new Client(proxy);
  await client.say("0123456789");
  await client.closed();
  expect(client.heard).toBe("0123456");
  expect(client.error).toBeUndefined();
  expect(proxy.counts.truncated).toBe(1);
});

test("a connection that is past its bytes already is cut off with the next one", async () => {
  const proxy = await openEcho();
  const client = new Client(proxy);
  await client.say("0123456789");
  proxy.order({ down: { truncateAfterBytes: 7 } });
  client.socket.write("x");
  await client.closed();
  expect(client.heard).toBe("0123456789");
});

test("a reset is heard at both ends", async () => {
  const proxy = await openEcho();
  const client = new Client(proxy);
  await client.say("hello");
  expect(proxy.reset()).toBe(1);
  await client.closed();
  expect(client.error).toBe("ECONNRESET");
  expect(proxy.open).toBe(0);
});

test("a process that reset a connection it was just ending comes to its end", () => {
  const file = resolve(import.meta.dirname, "../support/reset-process.ts");
  const { status, signal, stderr } = spawnSync(process.execPath, [file], {
    timeout: 15_000,
    encoding: "utf8",
  });
  expect({ status, signal, stderr }).toEqual({
    status: 0,
    signal: null,
    stderr: expect.not.stringContaining("Error"),
  });
});

test.each<[string, LinkFaults]>([
  ["both ways", { up: { held: true }, down: { held: true } }],
  ["from the server", { down: { held: true } }],
  ["to the server", { up: { held: true } }],
])("a partition %s holds back what is said, and lets it through when it is over", async (_, faults) => {
  const proxy = await openEcho();
  const client = new Client(proxy);
  await client.say("a");
  proxy.order(faults);
  client.socket.write("bcd");
  await sleep(100);
  expect(client.heard).toBe("a");
  expect(proxy.counts.bytesUp).toBe(faults.up === undefined ? 4 : 1);
  proxy.order({});
  await expect.poll(() => client.heard).toBe("abcd");
});

test("what a partition holds back too long ends in a reset", async () => {
  const proxy = await openEcho();
  proxy.order({ down: { held: true, resetAfterMs: 50 } });
  const client = new Client(proxy);
  client.socket.write("hello");
  await client.closed();
  expect(client.error).toBe("ECONNRESET");
  expect(client.heard).toBe("");
});

test("new connections are refused, open ones live on", async () => {
  const proxy = await openEcho();
  const old = new Client(proxy);
  await old.say("a");
  proxy.order({ refused: true });
  const young = new Client(proxy);
  await young.closed();
  expect(young.error).toBe("ECONNRESET");
  await old.say("bb");
  expect(old.heard).toBe("abb");
  expect(proxy.counts.refused).toBe(1);
});

test("a half-open connection takes everything and never answers", async () => {
  const proxy = await openEcho();
  const client = new Client(proxy);
  await client.say("a");
  expect(proxy.halfOpen()).toBe(1);
  client.socket.write("bcd");
  await sleep(100);
  expect(client.heard).toBe("a");
  expect(client.socket.closed).toBe(false);
  const other = new Client(proxy);
  await other.say("z");
  expect(other.heard).toBe("z");
});
