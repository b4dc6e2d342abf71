/** Everything about a call that can be said before a limit is asked: token, tenant, cmdlet, role, parameters. */
import { randomUUID } from "node:crypto";
import type { Cmdlet } from "../cmdlet.ts";
import type { Tenant } from "../tenant.ts";
import type { World } from "../world.ts";
import { bind, readInput, writeOf } from "./bind.ts";
import type { Place, PreparedCall } from "./call.ts";
import { affinityOf, type Cursor } from "./cursors.ts";
import { failed } from "./failed.ts";
import { deniedCmdlet, expiredCursor, plainError, unauthorized, type Responder } from "./refusals.ts";
import { serverOf } from "./servers.ts";
import type { Caller, Tokens } from "./tokens.ts";

/** Who answers a call: the server its affinity leads to, any server without one. */
export function responderOf(world: World, place: Place): Responder {
  const affinity = affinityOf(place.headers["x-anchormailbox"], place.headers["connection-id"]);
  return {
    requestId: randomUUID(),
    server: serverOf(affinity ?? String(world.dice.roll("server")), world.seed),
  };
}

export function prepare(
  world: World,
  tokens: Tokens,
  tenant: Tenant,
  place: Place,
  inBatch: boolean,
): PreparedCall {
  const by = responderOf(world, place);
  const { quirks } = world.profile.get();
  const cursor = cursorOf(world, place);
  // A GET has no body: where it may continue a listing at all, the cursor remembers it.
  const body = place.method === "GET" && typeof cursor === "object" ? cursor.body : place.body;
  const input = readInput(body);
  const cmdlet = input && cmdletOf(tenant, input.name, quirks.clientSideCmdletsRefused);
  const facts = {
    cmdlet: cmdlet?.name ?? input?.name ?? "",
    subject: undefined,
    writes: cmdlet?.writes ?? false,
    write: input && cmdlet?.writes ? writeOf(input) : undefined,
    place,
    tokenTenantId: tokens.tenantOf(place.headers["authorization"]),
    page: cursor === "lost" ? 0 : (cursor?.page ?? 1),
    ready: undefined,
  };
  const caller = tokens.check(
    place.headers["authorization"],
    tenant.access.tenantId,
    place.origin,
    world.now(),
  );
  if (typeof caller === "string") return { ...facts, answer: unauthorized(world, caller, by) };
  if (cursor === "lost" || (place.method === "GET" && quirks.postOnlyContinuation))
    return { ...facts, answer: expiredCursor(by) };
  if (!input)
    return {
      ...facts,
      answer: plainError(400, "The request body does not contain a valid CmdletInput.", by),
    };
  if (!cmdlet || !mayRun(caller, cmdlet)) return { ...facts, answer: deniedCmdlet(world, by) };
  const select = cursor ? cursor.select : selectOf(place);
  const binding = bind(cmdlet, input, {
    nowMs: world.now(),
    connectionId: place.headers["connection-id"],
    typedHashtables: quirks.typedHashtables,
    select,
  });
  if ("failure" in binding) return { ...facts, answer: failed(world, binding.failure, cmdlet.name, by) };
  const subject = cmdlet.subject(binding.request);
  const own = { place, tenant, caller, cmdlet, subject, inBatch, cursor, select, resource: undefined };
  const ready = { ...own, ...binding, ...by };
  return { ...facts, subject, ready, answer: undefined };
}

/** The cursor of a continuation, if this is one. */
export function cursorOf(world: World, place: Place): Cursor | "lost" | undefined {
  const token = place.query.get("$skiptoken");
  if (token === null) return undefined;
  const lifetimeMs = world.profile.get().quirks.cursorLifetimeSeconds * 1000;
  return world.cursors.find(token, world.now(), lifetimeMs) ?? "lost";
}

/** Names in lower case; unknown ones match nothing. */
function selectOf(place: Place): ReadonlySet<string> | undefined {
  const wanted = place.query.get("$select");
  if (wanted === null || wanted === "") return undefined;
  return new Set(wanted.split(",").map((name) => name.trim().toLowerCase()));
}

/** `Get-EXO*` lives in the module, not here (quirk 64); without the quirk it means the plain cmdlet. */
function cmdletOf(tenant: Tenant, name: string, noClientSide: boolean): Cmdlet | undefined {
  const plain = noClientSide ? name : name.replace(/^Get-EXO/i, "Get-");
  return tenant.organisation.cmdlets.get(plain.toLowerCase());
}

function mayRun(caller: Caller, cmdlet: Cmdlet): boolean {
  return cmdlet.roles.some((role) => caller.groups?.has(role));
}
