/** Where the embedded Redis listens: at a socket in its directory, or where the path is too long for one, at a loopback port with a password. */
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { join } from "node:path";
import { readEndpoint } from "./embedded-files.ts";
import type { Endpoint } from "./endpoint.ts";

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, one of them the end mark. */
const LONGEST_SOCKET_PATH = process.platform === "linux" ? 107 : 103;

/** @returns the address of before when that is still to be had, so that those who are connected find the server again */
export async function chooseEndpoint(directory: string, overTcp: boolean): Promise<Endpoint> {
  const path = join(directory, "redis.sock");
  if (!overTcp && Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return { path, tls: false };
  const before = readEndpoint(directory);
  if (before?.port !== undefined && (await isFree(before.port))) return before;
  return {
    host: "127.0.0.1",
    port: await freePort(),
    password: randomBytes(24).toString("base64url"),
    tls: false,
  };
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}

function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    const port = address !== null && typeof address === "object" ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}
