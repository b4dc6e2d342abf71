/** Everything about a call that can be said before a limit is asked: token, tenant, cmdlet, role, parameters. */
import { randomUUID } from "node:crypto";
import type { Tenant } from "../tenant.ts";
import type { World } from "../world.ts";
import { bind, readInput } from "./bind.ts";
import type { Place, PreparedCall } from "./call.ts";
import { affinityOf } from "./cursors.ts";
import { failed } from "./failed.ts";
import { deniedCmdlet, plainError, unauthorized, type Responder } from "./refusals.ts";
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
  const input = readInput(place.body);
  const name = input?.name ?? "";
  const { quirks } = world.profile.get();
  const cmdlet = tenant.organisation.cmdlets.get(name.toLowerCase());
  const about = {
    cmdlet: cmdlet?.name ?? name,
    subject: undefined,
    writes: cmdlet?.writes ?? false,
    place,
    ready: undefined,
  };
  const caller = tokens.check(
    place.headers["authorization"],
    tenant.access.tenantId,
    place.origin,
    world.now(),
  );
  if (typeof caller === "string")
    return { ...about, tokenTenantId: "", answer: unauthorized(caller, by, world.now()) };
  const settled = { ...about, tokenTenantId: caller.tenantId };
  if (!input)
    return {
      ...settled,
      answer: plainError(400, "The request body does not contain a valid CmdletInput.", by),
    };
  if (!cmdlet || !mayRun(caller, cmdlet.roles, name, quirks.clientSideCmdletsRefused))
    return { ...settled, answer: deniedCmdlet(world, by) };
  const binding = bind(cmdlet, input, {
    nowMs: world.now(),
    connectionId: place.headers["connection-id"],
    typedHashtables: quirks.typedHashtables,
  });
  if ("failure" in binding) return { ...settled, answer: failed(world, binding.failure, cmdlet.name, by) };
  const subject = cmdlet.subject(binding.request);
  const ready = { place, tenant, caller, cmdlet, ...binding, subject, inBatch, ...by };
  return { ...settled, subject, ready, answer: undefined };
}

function mayRun(caller: Caller, roles: readonly string[], name: string, noClientSide: boolean): boolean {
  if (noClientSide && /^Get-EXO/i.test(name)) return false;
  return roles.some((role) => caller.groups?.has(role as "view-only"));
}
