/** One call of an admitted request: its own limits, its time, its own trouble, then the cmdlet. */
import type { Fault } from "../profile/faults.ts";
import type { LostForm } from "../profile/quirks.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { PreparedCall, ReadyCall } from "./call.ts";
import type { Doubt } from "./doubt.ts";
import { envelope } from "./envelope.ts";
import { plainBody } from "./errors.ts";
import { transientOn400 } from "./failed.ts";
import { itemHeaders } from "./headers.ts";
import { microDelayWarning } from "./micro-delay.ts";
import { preferredRows } from "./page.ts";
import { gatewayError, throttled, transientOn500 } from "./refusals.ts";
import { run, takesEffect } from "./run.ts";
import { orderedForCall } from "./trouble.ts";

/** One call with everything the pipeline knows of it. */
export interface Flight {
  readonly call: PreparedCall;
  /** Number in the ledger. */
  readonly n: number;
  readonly fault: Fault | undefined;
  readonly doubt: Doubt | undefined;
}

/** What became of one call. */
export interface CallOutcome {
  /** Of a call that was not carried out (yet) and whose caller is not to know: what a success looks like. */
  readonly answer: Answer;
  readonly isReal: boolean;
  /** How the answer is lost; undefined: it is not. */
  readonly lost: LostForm | undefined;
}

export async function execute(world: World, flight: Flight, isBatch: boolean): Promise<CallOutcome> {
  const { call, doubt } = flight;
  if (call.answer) return told(call.answer);
  const warning = await admit(world, flight, call.ready, isBatch);
  if (typeof warning === "object") return told(warning);
  if (doubt === undefined) return told(carryOut(world, flight, call.ready, warning));
  if (doubt.execution === "now") {
    const answer = carryOut(world, flight, call.ready, warning);
    // A refusal changed nothing and may be told.
    return { ...told(answer), lost: answer.status < 300 ? doubt.form : undefined };
  }
  if (doubt.execution === "later") later(world, flight, call.ready);
  return {
    answer: envelope(world, call.ready, "[]", { warnings: [] }),
    isReal: false,
    lost: doubt.form,
  };
}

function told(answer: Answer): CallOutcome {
  return { answer, isReal: true, lost: undefined };
}

/** Carries a write out when its caller has long given up. */
function later(world: World, flight: Flight, ready: ReadyCall): void {
  world.late.after(world.profile.get().quirks.lateWriteSeconds * 1000, () => {
    const answer = carryOut(world, flight, ready, undefined);
    world.ledger.answered(flight.n, answer.status);
  });
}

/** Runs the cmdlet at last, and writes down what that did. */
function carryOut(world: World, { n, fault }: Flight, ready: ReadyCall, warning: string | undefined): Answer {
  const { writes } = ready.cmdlet;
  const { organisation } = ready.tenant;
  const before = organisation.changes;
  // A write is as old as its execution, not as its arrival.
  const now = writes ? { ...ready, request: { ...ready.request, nowMs: world.now() } } : ready;
  const answer = run(world, now, warning, fault);
  if (answer.status < 300 && takesEffect(world, ready))
    world.ledger.executed(n, world.now(), writes ? organisation.changes > before : undefined);
  return answer;
}

/** Waits until the call may run; what its answer warns of, or the answer that keeps it from running. */
async function admit(
  world: World,
  { call, fault }: Flight,
  ready: ReadyCall,
  isBatch: boolean,
): Promise<Answer | string | undefined> {
  const { clock } = world;
  const profile = world.profile.get();
  const executionMs = executionTime(world, ready);
  const grant = ready.tenant.throttle.call(profile, clock.now(), { ...call, executionMs });
  if ("reason" in grant) return throttled(world, grant, ready, isBatch);
  const limitMs = profile.quirks.executionLimitSeconds * 1000;
  const durationMs = executionMs + grant.delayMs;
  if (durationMs > 0) await clock.sleep(Math.min(durationMs, limitMs));
  if (durationMs > limitMs) return gatewayError(504, false, ready);
  const trouble = troubleOf(world, ready, fault, call.writes);
  if (trouble) return trouble;
  return grant.balance === undefined || !profile.budget
    ? undefined
    : microDelayWarning(profile.budget, grant.balance, grant.delayMs, clock.scale, new Date(world.now()));
}

function troubleOf(
  world: World,
  call: ReadyCall,
  fault: Fault | undefined,
  writes: boolean,
): Answer | undefined {
  const { dice } = world;
  const { quirks, p5xxItem } = world.profile.get();
  const ordered = fault && orderedForCall(world, fault, call);
  if (ordered) return ordered;
  if (dice.chance("p5xx-item", p5xxItem)) return transientOn500(call);
  if (writes) return undefined;
  if (dice.chance("transient-500", quirks.transientOn500)) return transientOn500(call);
  if (dice.chance("transient-400", quirks.transientOn400)) return transientOn400(world, call);
  if (!dice.chance("error-in-success", quirks.errorInSuccess)) return undefined;
  const busy = "Microsoft.Exchange.Data.Storage.ServerBusyException";
  return {
    status: 200,
    headers: itemHeaders(call.requestId, call.server, 200),
    body: plainBody(500, "The server is busy, try again.", busy),
  };
}

/** How long the call takes by itself, in model ms. */
function executionTime(world: World, call: ReadyCall): number {
  const { dice } = world;
  const profile = world.profile.get();
  const { latency, quirks } = profile;
  const rows = Math.min(1000, preferredRows(call) ?? quirks.defaultPageRows, call.tenant.access.mailboxes);
  const listing = call.subject === undefined ? latency.perRow * rows : 0;
  const long = dice.chance("long-running", quirks.longRunning) ? 60_000 + dice.roll("long") * 900_000 : 0;
  const shape = latency.cmdlets[call.cmdlet.name.toLowerCase()] ?? latency.call;
  if (shape.median === 0) return listing + long;
  const slow = call.tenant.throttle.slowness(profile, world.profile.sinceSetMs(), call.subject);
  const tail = shape.tail && dice.chance("latency/tail", shape.tail.share) ? shape.tail.times : 1;
  return dice.logNormal("latency", shape.median, shape.sigma) * slow * tail + listing + long;
}
