/** The HTTP server of an emulator: back door, sign-in and admin API behind one address. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { control } from "./control.ts";
import { deliver } from "./deliver.ts";
import { redirectOf } from "./front-door.ts";
import { answerLogin } from "./login/routes.ts";
import { headersOf, originOf, placeOf, readBody, urlOf } from "./receive.ts";
import type { AdminApi } from "./service/admin-api.ts";
import type { World } from "./world.ts";

/** Idle connections live this long, so that a client's pool outlasts its own pauses. */
const KEEP_ALIVE_MS = 100_000;

export interface OpenServer {
  readonly url: string;
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/** @throws the system's error when the port is taken */
export async function openServer(
  world: World,
  api: AdminApi,
  port: number,
  host: string,
): Promise<OpenServer> {
  const server = createServer({ keepAlive: true, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 });
  server.on("request", (request, response) => {
    handle(world, api, request, response).catch((error: unknown) => failHard(response, error));
  });
  return {
    url: await listen(server, port, host),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${name}:${address.port}`;
}

/** A fault of ours, not of the pretend service: said aloud, so that a test sees it. */
function failHard(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) return void response.destroy();
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  response.writeHead(500, { "Content-Type": "text/plain", "x-emulator-bug": "1" }).end(text);
}

async function handle(
  world: World,
  api: AdminApi,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body: Buffer;
  try {
    body = await readBody(request);
  } catch {
    // The caller went away in the middle of its request, or sent what cannot be read.
    response.destroy();
    return;
  }
  const path = urlOf(request).pathname;
  if (path.startsWith("/__emulator/")) return control(world, api.inFlight, request, response, body);
  if (!/^\/adminapi\//i.test(path)) return answerLogin(world, request, response, body, originOf(request));
  const { frontDoor, strictCharset } = world.profile.get().quirks;
  const redirect = redirectOf(frontDoor, request);
  if (redirect) {
    response.writeHead(302, { Location: redirect.location, "Set-Cookie": redirect.cookie }).end();
    return;
  }
  const place = placeOf(request, body, strictCharset);
  if ("mistake" in place) {
    response.writeHead(400, { "Content-Type": "application/json; charset=utf-8" }).end(place.mistake);
    return;
  }
  const reply = await api.answer(place, () => response.destroy());
  deliver(world, response, reply, /\bgzip\b/i.test(headersOf(request)["accept-encoding"] ?? ""));
}
