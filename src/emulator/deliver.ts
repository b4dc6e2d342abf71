/** Puts a reply on the wire, whole or the way a fault wants it, and tells the ledger what was really delivered. */
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import type { Fault } from "./profile/faults.ts";
import type { Reply } from "./service/admin-api.ts";
import { isJson } from "./service/answer.ts";
import type { World } from "./world.ts";

export function deliver(world: World, response: ServerResponse, reply: Reply, acceptsGzip: boolean): void {
  const { answer, fault, entries } = reply;
  if (response.destroyed) return;
  if (fault && dropsAll(fault)) {
    response.destroy();
    return;
  }
  // The caller has to give up by itself; stopping the emulator ends the connection too.
  if (fault?.kind === "no-reply") return;
  const { quirks } = world.profile.get();
  let body = typeof answer.body === "string" ? Buffer.from(answer.body, "utf8") : answer.body;
  const headers: Record<string, string> = { ...answer.headers };
  const plain = headers["Content-Encoding"] === undefined;
  if (
    plain &&
    answer.status >= 400 &&
    isJson(answer) &&
    world.dice.chance("gzip/lie", quirks.mislabelledGzip)
  )
    headers["Content-Encoding"] = "gzip";
  else if (plain && acceptsGzip && body.length > 1024 && world.dice.chance("gzip", quirks.gzipReplies)) {
    body = gzipSync(body, { level: 1 });
    headers["Content-Encoding"] = "gzip";
    headers["Transfer-Encoding"] = "chunked";
  }
  if (fault?.kind === "cut") body = body.subarray(0, Math.floor(body.length * 0.7));
  if (fault?.kind === "garbled") {
    body = Buffer.from("\u001f\u008b\u0008garbled", "latin1");
    headers["Content-Encoding"] = "gzip";
  }
  const isBroken = fault?.kind === "truncated" || fault?.kind === "reset";
  // Half of nothing would be whole.
  if (isBroken && body.length === 0) return void response.destroy();
  if (answer.status !== 204 && headers["Transfer-Encoding"] === undefined)
    headers["Content-Length"] = String(body.length);
  response.writeHead(answer.status, headers);
  if (isBroken) {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => {
      if (fault.kind === "reset") response.socket?.resetAndDestroy();
      else response.destroy();
    });
    return;
  }
  const { socket } = response;
  response.once("finish", () => {
    if (socket && !socket.destroyed) for (const n of entries) world.ledger.delivered(n, world.now());
  });
  if (fault?.kind === "slow-body") void drip(world, response, body, (fault.delaySeconds ?? 5) * 1000);
  else response.end(body);
}

function dropsAll(fault: Fault): boolean {
  return fault.kind === "lost-after" || fault.kind === "lost-before" || fault.kind === "late";
}

async function drip(world: World, response: ServerResponse, body: Buffer, spanMs: number): Promise<void> {
  const steps = 10;
  for (let step = 0; step < steps && !response.destroyed; step += 1) {
    response.write(
      body.subarray(Math.floor((body.length * step) / steps), Math.floor((body.length * (step + 1)) / steps)),
    );
    await world.clock.sleep(spanMs / steps);
  }
  response.end();
}
