/** The way of a request through the service: limits, then its calls one after another, then one reply and what goes wrong with it. */
import type { Fault } from "../profile/faults.ts";
import { strikesItem } from "../profile/faults.ts";
import type { LatencyShape } from "../profile/profile.ts";
import type { Tenant } from "../tenant.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { PreparedCall, ReadyCall } from "./call.ts";
import { plainBody, throttledBody } from "./errors.ts";
import { transientOn400 } from "./failed.ts";
import { itemHeaders } from "./headers.ts";
import { microDelayWarning } from "./micro-delay.ts";
import { gatewayError, throttled, transientOn500, unauthorized, type Responder } from "./refusals.ts";
import { cursorTokenOf, run } from "./run.ts";
import type { Caller, Tokens } from "./tokens.ts";

/** One call with everything the pipeline knows of it. */
export interface Flight {
  readonly call: PreparedCall;
  /** Number in the ledger. */
  readonly n: number;
  readonly fault: Fault | undefined;
}

/** What becomes of a request: an answer for all of it, or one for each call; and a fault of the delivery. */
export interface Outcome {
  readonly whole: Answer | undefined;
  readonly answers: readonly Answer[];
  readonly fault: Fault | undefined;
}

export interface PipelineRequest {
  readonly tenant: Tenant;
  readonly caller: Caller;
  readonly by: Responder;
  readonly flights: readonly Flight[];
  readonly isBatch: boolean;
  /** Drops the connection now although work goes on. */
  readonly hangUp: () => void;
}

export async function pass(world: World, tokens: Tokens, request: PipelineRequest): Promise<Outcome> {
  const { clock, dice } = world;
  const profile = world.profile.get();
  const { tenant, caller, by, flights } = request;
  const writes = flights.some(({ call }) => call.writes);
  const scripted = flights.find(({ fault }) => fault && !strikesItem(fault.kind))?.fault;
  const fault = scripted ?? world.faults.byRate(profile.faults, "request", writes);
  const refused = (whole: Answer): Outcome => ({ whole, answers: [], fault: undefined });

  const ticket = tenant.throttle.admit(profile, clock.now(), caller.appId, flights.length);
  if ("reason" in ticket) {
    await clock.sleep(profile.latency.refusal + profile.latency.roundTrip);
    return refused(throttled(world, ticket, by, false));
  }
  try {
    await clock.sleep(profile.latency.overhead);
    const before = fault ? beforeWork(world, tokens, fault, request) : undefined;
    if (before) return { whole: before, answers: [], fault };
    const trouble = platformTrouble(world, tokens, request, writes);
    if (trouble) return refused(trouble);
    if (fault?.kind === "late") {
      request.hangUp();
      await clock.sleep((fault.delaySeconds ?? 5) * 1000);
    }
    if (fault?.kind === "lost-before") return { whole: undefined, answers: [], fault };
    const answers = await workThrough(world, flights, profile.lanes, request.isBatch);
    const late =
      fault?.kind === "gateway-timeout" ? gatewayError(504, dice.chance("gateway/html", 0.5), by) : undefined;
    return { whole: late, answers, fault };
  } finally {
    tenant.throttle.release(ticket);
    await clock.sleep(profile.latency.roundTrip);
  }
}

/** Faults that keep a request from being worked on. */
function beforeWork(
  world: World,
  tokens: Tokens,
  fault: Fault,
  { by, caller }: PipelineRequest,
): Answer | undefined {
  if (fault.kind === "unavailable") return gatewayError(503, true, by);
  if (fault.kind === "bad-gateway") return gatewayError(502, false, by);
  if (fault.kind === "unauthorized") return unauthorized("expired", by, world.now());
  if (fault.kind === "claims") {
    tokens.revoke(caller.token);
    return unauthorized("revoked", by, world.now());
  }
  if (fault.kind !== "throttled") return undefined;
  const headers = itemHeaders(by.requestId, by.server, 429);
  const value = fault.retryAfter === undefined ? "1" : fault.retryAfter;
  if (value !== null) headers["Retry-After"] = value;
  return { status: 429, headers, body: throttledBody("Too many requests.") };
}

/** Trouble of the platform that the profile's rates bring. */
function platformTrouble(
  world: World,
  tokens: Tokens,
  { by, caller, isBatch }: PipelineRequest,
  writes: boolean,
): Answer | undefined {
  const { dice } = world;
  const { quirks, faults, p5xx } = world.profile.get();
  const gateway = (): Answer =>
    gatewayError(dice.pick("gateway/status", [502, 503, 504]), dice.chance("gateway/html", 0.5), by);
  if (faults.bursts) {
    const seconds = world.profile.sinceSetMs() / 1000;
    if (seconds % faults.bursts.every >= faults.bursts.every - faults.bursts.last) return gateway();
  }
  if (dice.chance("p5xx", p5xx)) return gateway();
  if (dice.chance("claims", quirks.claimsChallenge)) {
    tokens.revoke(caller.token);
    return unauthorized("revoked", by, world.now());
  }
  if (writes) return undefined;
  if (dice.chance("gateway", quirks.gatewayErrors)) return gateway();
  if (isBatch && dice.chance("whole-batch", quirks.wholeBatchFailure)) return gatewayError(503, false, by);
  return undefined;
}

/** Runs the calls in order, `lanes` at a time. */
async function workThrough(
  world: World,
  flights: readonly Flight[],
  lanes: number,
  isBatch: boolean,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next; at < flights.length; at = next) {
      next += 1;
      const flight = flights[at];
      if (flight) answers[at] = await answerOf(world, flight, isBatch);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, flights.length) }, work));
  return answers;
}

async function answerOf(world: World, { call, n, fault }: Flight, isBatch: boolean): Promise<Answer> {
  if (call.answer) return call.answer;
  const { ready } = call;
  if (!ready) throw new Error(`Cannot run "${call.cmdlet}": neither ready nor answered`);
  const { clock, dice } = world;
  const profile = world.profile.get();
  const { quirks } = profile;
  const executionMs = executionTime(world, ready);
  const grant = ready.tenant.throttle.call(profile, clock.now(), { ...call, executionMs });
  if ("reason" in grant) return throttled(world, grant, ready, isBatch);
  const limitMs = quirks.executionLimitSeconds * 1000;
  const durationMs = executionMs + grant.delayMs;
  if (durationMs > 0) await clock.sleep(Math.min(durationMs, limitMs));
  if (durationMs >= limitMs && limitMs > 0) return gatewayError(504, false, ready);
  if (fault?.kind === "transient") return transientOn400(world, ready);
  if (!call.writes) {
    if (dice.chance("p5xx-item", profile.p5xxItem) || dice.chance("transient-500", quirks.transientOn500))
      return transientOn500(ready);
    if (dice.chance("transient-400", quirks.transientOn400)) return transientOn400(world, ready);
    if (dice.chance("error-in-success", quirks.errorInSuccess))
      return {
        status: 200,
        headers: itemHeaders(ready.requestId, ready.server, 200),
        body: plainBody(
          500,
          "The server is busy, try again.",
          "Microsoft.Exchange.Data.Storage.ServerBusyException",
        ),
      };
  }
  const warning =
    grant.balance === undefined || !profile.budget
      ? undefined
      : microDelayWarning(profile.budget, grant.balance, grant.delayMs, clock.scale, new Date(world.now()));
  const answer = run(world, ready, warning);
  world.ledger.executed(n, world.now());
  return answer;
}

/** How long the call takes by itself, in model ms. */
function executionTime(world: World, call: ReadyCall): number {
  const { latency, quirks } = world.profile.get();
  const shape: LatencyShape = latency.cmdlets[call.cmdlet.name.toLowerCase()] ?? latency.call;
  const listing = call.subject === undefined ? latency.perRow * listingRows(call) : 0;
  const long = world.dice.chance("long-running", quirks.longRunning)
    ? 60_000 + world.dice.roll("long") * 900_000
    : 0;
  if (shape.median === 0) return listing + long;
  const slow = call.tenant.throttle.slowness(world.profile.get(), world.profile.sinceSetMs(), call.subject);
  const tail = shape.tail && world.dice.chance("latency/tail", shape.tail.share) ? shape.tail.times : 1;
  return world.dice.logNormal("latency", shape.median, shape.sigma) * slow * tail + listing + long;
}

function listingRows(call: ReadyCall): number {
  const wanted = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(call.place.headers["prefer"] ?? "")?.[1];
  return Math.min(1000, Number(wanted ?? 100), call.tenant.access.mailboxes);
}

/** Page of a listing a call asks for, for the ledger. */
export function pageOf(world: World, call: PreparedCall): number {
  const token = cursorTokenOf(call);
  if (token === undefined) return 1;
  const lifetimeMs = world.profile.get().quirks.cursorLifetimeSeconds * 1000;
  return world.cursors.find(token, world.now(), lifetimeMs)?.page ?? 0;
}
