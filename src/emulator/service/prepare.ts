/** Everything about a call that can be said before a limit is asked: token, tenant, cmdlet, role, parameters. */
import { randomUUID } from "node:crypto";
import type { Cmdlet } from "../cmdlet.ts";
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
  const { quirks } = world.profile.get();
  const input = readInput(place.body);
  const cmdlet = input && cmdletOf(tenant, input.name, quirks.clientSideCmdletsRefused);
  const facts = {
    cmdlet: cmdlet?.name ?? input?.name ?? "",
    subject: undefined,
    writes: cmdlet?.writes ?? false,
    place,
    tokenTenantId: tokens.tenantOf(place.headers["authorization"]),
    ready: undefined,
  };
  const caller = tokens.check(
    place.headers["authorization"],
    tenant.access.tenantId,
    place.origin,
    world.now(),
  );
  if (typeof caller === "string") return { ...facts, answer: unauthorized(world, caller, by) };
  if (!input)
    return {
      ...facts,
      answer: plainError(400, "The request body does not contain a valid CmdletInput.", by),
    };
  if (!cmdlet || !mayRun(caller, cmdlet)) return { ...facts, answer: deniedCmdlet(world, by) };
  const binding = bind(cmdlet, input, {
    nowMs: world.now(),
    connectionId: place.headers["connection-id"],
    typedHashtables: quirks.typedHashtables,
  });
  if ("failure" in binding) return { ...facts, answer: failed(world, binding.failure, cmdlet.name, by) };
  const subject = cmdlet.subject(binding.request);
  const ready = { place, tenant, caller, cmdlet, ...binding, subject, inBatch, ...by };
  return { ...facts, subject, ready, answer: undefined };
}

/** `Get-EXO*` lives in the module, not here (quirk 64); without the quirk it means the plain cmdlet. */
function cmdletOf(tenant: Tenant, name: string, noClientSide: boolean): Cmdlet | undefined {
  const plain = noClientSide ? name : name.replace(/^Get-EXO/i, "Get-");
  return tenant.organisation.cmdlets.get(plain.toLowerCase());
}

function mayRun(caller: Caller, cmdlet: Cmdlet): boolean {
  return cmdlet.roles.some((role) => caller.groups?.has(role));
}
