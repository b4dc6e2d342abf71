import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createNetwork, hurried, NetworkError } from "../../src/network/index.ts";

const REQUEST = { method: "GET", headers: {}, timeoutMs: 60_000, maxBytes: 1_024 } as const;

test("a hurried network gives up a silent server when its time is over, and then tells the same at once", async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.resume())).listen(0, "127.0.0.1");
  await once(server, "listening");
  const network = createNetwork({ connections: 2, environment: {} });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await network.close();
  });
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const quick = hurried(network, 200);
  const startedMs = performance.now();
  const failure = await quick.request(url, REQUEST).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(NetworkError);
  expect(failure).toMatchObject({ kind: "timeout" });
  await expect(quick.request(url, REQUEST)).rejects.toBe(failure);
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect(sockets.size).toBe(1);
});
