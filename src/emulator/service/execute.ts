/** One call of an admitted request: its own limits, its time, its own trouble, then the cmdlet. */
import type { Fault } from "../profile/faults.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { PreparedCall, ReadyCall } from "./call.ts";
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
}

export async function execute(world: World, { call, n, fault }: Flight, isBatch: boolean): Promise<Answer> {
  if (call.answer) return call.answer;
  const { ready } = call;
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
  const warning =
    grant.balance === undefined || !profile.budget
      ? undefined
      : microDelayWarning(profile.budget, grant.balance, grant.delayMs, clock.scale, new Date(world.now()));
  const answer = run(world, ready, warning, fault);
  if (answer.status < 300 && takesEffect(world, ready)) world.ledger.executed(n, world.now());
  return answer;
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
