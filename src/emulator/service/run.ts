/** Runs a call that was let in: continuation or not, confirmation or not, then the cmdlet itself. */
import type { Fault } from "../profile/faults.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { ReadyCall } from "./call.ts";
import { affinityOf, type Cursor } from "./cursors.ts";
import { envelope, noOutput } from "./envelope.ts";
import { failed } from "./failed.ts";
import { itemHeaders } from "./headers.ts";
import { cursorBodyOf, page } from "./page.ts";
import { expiredCursor, plainError } from "./refusals.ts";
import { resourceFailure } from "./resource.ts";

const UNRELATED = [
  "Starting November 2026, this cmdlet will no longer support the -Credential parameter.",
  "This cmdlet's output will change in a future release.",
];

/** @param delayWarning told when the call was slowed down */
export function run(
  world: World,
  call: ReadyCall,
  delayWarning: string | undefined,
  fault: Fault | undefined,
): Answer {
  const { quirks } = world.profile.get();
  const { cursor } = call;
  if (cursor) {
    if (!fits(world, call, cursor)) return expiredCursor(call);
    const broken = breakPaging(world, call, cursor);
    if (broken) return broken;
  }
  if (call.confirm && quirks.confirmHandshake) {
    const confirmation = `Confirm\nAre you sure you want to perform this action?\n${call.cmdlet.name}`;
    return envelope(world, call, "[]", { warnings: [], confirmation });
  }
  if (call.whatIf) return envelope(world, call, "[]", { warnings: [] });
  const answer = call.cmdlet.run(call.request);
  if (answer.kind === "failure")
    return call.resource
      ? resourceFailure(world, answer.failure, call)
      : failed(world, answer.failure, call.cmdlet.name, call);
  const warnings = delayWarning === undefined ? [] : [delayWarning];
  if (world.dice.chance("unrelated-warning", quirks.unrelatedWarnings))
    warnings.push(world.dice.pick("unrelated-text", UNRELATED));
  if (answer.kind === "nothing") return noOutput(world, call, [...warnings, ...(answer.warnings ?? [])]);
  return page(world, call, answer, warnings, fault);
}

/** True when a good answer of the call means that the cmdlet did its work. */
export function takesEffect(world: World, call: ReadyCall): boolean {
  return !call.whatIf && !(call.confirm && world.profile.get().quirks.confirmHandshake);
}

/** Whether the cursor belongs to this caller and this listing (quirks 1 and 3). */
function fits(world: World, { place, tenant, resource }: ReadyCall, cursor: Cursor): boolean {
  const { quirks } = world.profile.get();
  if (cursor.tenantId !== tenant.access.tenantId) return false;
  const body = resource === undefined ? place.body : cursorBodyOf(place, resource);
  const strict = quirks.postOnlyContinuation || resource !== undefined;
  if (strict && JSON.stringify(body) !== JSON.stringify(cursor.body)) return false;
  if (!quirks.anchorBoundPaging) return true;
  if (place.path.toLowerCase().includes(`/${tenant.vanityDomain}/`)) return false;
  const affinity = affinityOf(place.headers["x-anchormailbox"], place.headers["connection-id"]);
  return affinity !== undefined && affinity === cursor.affinity;
}

/** A 404 or an empty body in the middle of a listing, once for each cursor (quirk 56). */
function breakPaging(world: World, call: ReadyCall, cursor: Cursor): Answer | undefined {
  if (cursor.struck || !world.dice.chance("mid-paging", world.profile.get().quirks.midPagingErrors))
    return undefined;
  cursor.struck = true;
  if (world.dice.chance("mid-paging/empty", 0.5))
    return { status: 200, headers: itemHeaders(call.requestId, call.server, 200), body: "" };
  return plainError(404, "An server side error occured.", call);
}
