/** What can happen to a request before its calls are worked on: ordered faults, and the platform's own trouble. */
import type { Fault } from "../profile/faults.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { throttledBody } from "./errors.ts";
import { itemHeaders } from "./headers.ts";
import { transientOn400 } from "./failed.ts";
import { expiredCursor, gatewayError, unauthorized, type Responder } from "./refusals.ts";
import type { Caller, Tokens } from "./tokens.ts";

export interface Troubled {
  readonly caller: Caller;
  readonly by: Responder;
  readonly isBatch: boolean;
  readonly writes: boolean;
}

/** The answer of a fault that keeps a request from being worked on; undefined for every other fault. */
export function ordered(
  world: World,
  tokens: Tokens,
  fault: Fault,
  { by, caller }: Troubled,
): Answer | undefined {
  if (fault.kind === "unavailable") return gatewayError(503, true, by);
  if (fault.kind === "bad-gateway") return gatewayError(502, false, by);
  if (fault.kind === "unauthorized") return unauthorized(world, "expired", by);
  if (fault.kind === "claims") return challenge(world, tokens, caller, by);
  return fault.kind === "throttled" ? orderedThrottle(fault, by) : undefined;
}

/** 429 with the Retry-After the fault names, however odd; none for null. */
function orderedThrottle(fault: Fault, by: Responder): Answer {
  const headers = itemHeaders(by.requestId, by.server, 429);
  const value = fault.retryAfter === undefined ? "1" : fault.retryAfter;
  if (value !== null) headers["Retry-After"] = value;
  return { status: 429, headers, body: throttledBody("Too many requests.") };
}

/** The answer of a fault that keeps one call from being executed; undefined for every other fault. */
export function orderedForCall(world: World, fault: Fault, by: Responder): Answer | undefined {
  if (fault.kind === "transient") return transientOn400(world, by);
  if (fault.kind === "item-unauthorized") return unauthorized(world, "expired", by);
  if (fault.kind === "item-throttled") return orderedThrottle(fault, by);
  return fault.kind === "page-expired" ? expiredCursor(by) : undefined;
}

/** Trouble the profile's rates and bursts bring. Quirks strike reads only: a write is never left in doubt unless a fault says so. */
export function ofPlatform(
  world: World,
  tokens: Tokens,
  { by, caller, isBatch, writes }: Troubled,
): Answer | undefined {
  const { dice } = world;
  const { quirks, faults, p5xx } = world.profile.get();
  const gateway = (): Answer =>
    gatewayError(dice.pick("gateway/status", [502, 503, 504]), dice.chance("gateway/html", 0.5), by);
  if (faults.bursts) {
    const { every, last } = faults.bursts;
    if ((world.profile.sinceSetMs() / 1000) % every >= every - last) return gateway();
  }
  if (dice.chance("p5xx", p5xx)) return gateway();
  if (dice.chance("claims", quirks.claimsChallenge)) return challenge(world, tokens, caller, by);
  if (writes) return undefined;
  if (dice.chance("gateway", quirks.gatewayErrors)) return gateway();
  if (isBatch && dice.chance("whole-batch", quirks.wholeBatchFailure)) return gatewayError(503, false, by);
  return undefined;
}

/** The token is dead from now on. */
function challenge(world: World, tokens: Tokens, caller: Caller, by: Responder): Answer {
  tokens.revoke(caller.token);
  return unauthorized(world, "revoked", by);
}
