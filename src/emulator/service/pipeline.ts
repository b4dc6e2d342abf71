/** The way of a request through the service: limits, then its calls one after another, then what goes wrong with the reply. */
import { strikesItem, type Fault } from "../profile/faults.ts";
import type { LostForm } from "../profile/quirks.ts";
import type { Tenant } from "../tenant.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { execute, type CallOutcome, type Flight } from "./execute.ts";
import { gatewayError, throttled } from "./refusals.ts";
import type { Tokens } from "./tokens.ts";
import { ofPlatform, ordered, type Troubled } from "./trouble.ts";

/** What becomes of a request: an answer for all of it, or one for each call; and a fault of the delivery. */
export interface Outcome {
  readonly whole: Answer | undefined;
  readonly answers: readonly CallOutcome[];
  readonly fault: Fault | undefined;
}

export interface PipelineRequest extends Omit<Troubled, "writes"> {
  readonly tenant: Tenant;
  readonly flights: readonly Flight[];
  /** Drops the connection now although work goes on. */
  readonly hangUp: () => void;
}

export async function pass(world: World, tokens: Tokens, request: PipelineRequest): Promise<Outcome> {
  const { clock } = world;
  const { latency } = world.profile.get();
  const { throttle } = request.tenant;
  const ticket = throttle.admit(
    world.profile.get(),
    clock.now(),
    request.caller.appId,
    request.flights.length,
  );
  if ("reason" in ticket) {
    await clock.sleep(latency.refusal + latency.roundTrip);
    return refused(throttled(world, ticket, request.by, false));
  }
  let outcome: Outcome;
  try {
    await clock.sleep(latency.overhead);
    outcome = await work(world, tokens, request);
  } finally {
    throttle.release(ticket);
  }
  await clock.sleep(latency.roundTrip);
  return outcome;
}

async function work(world: World, tokens: Tokens, request: PipelineRequest): Promise<Outcome> {
  const { faults, lanes } = world.profile.get();
  const { flights, by, isBatch } = request;
  const writes = flights.some(({ call }) => call.writes);
  const scripted = flights.find(({ fault }) => fault && !strikesItem(fault.kind))?.fault;
  const fault = scripted ?? world.faults.byRate(faults, "request", writes);
  const troubled = { ...request, writes };
  const trouble = (fault && ordered(world, tokens, fault, troubled)) ?? ofPlatform(world, tokens, troubled);
  if (trouble) return refused(trouble);
  if (fault?.kind === "lost-before") return { whole: undefined, answers: [], fault };
  if (fault?.kind === "late") {
    request.hangUp();
    await world.clock.sleep((fault.delaySeconds ?? faults.delaySeconds) * 1000);
  }
  const answers = await executeAll(world, flights, lanes, isBatch);
  const struck = fault ?? lossOf(answers);
  const whole =
    struck?.kind === "gateway-timeout"
      ? gatewayError(504, world.dice.chance("gateway/html", 0.5), by)
      : undefined;
  return { whole, answers, fault: struck };
}

const LOSSES: Readonly<Record<Exclude<LostForm, "missing-item">, Fault>> = {
  dropped: { kind: "lost-after" },
  reset: { kind: "reset" },
  timeout: { kind: "no-reply" },
  "gateway-timeout": { kind: "gateway-timeout" },
  truncated: { kind: "truncated" },
};

/** What happens to the whole reply because one of its answers is lost; the first one decides. */
function lossOf(answers: readonly CallOutcome[]): Fault | undefined {
  for (const { lost } of answers) if (lost !== undefined && lost !== "missing-item") return LOSSES[lost];
  return undefined;
}

function refused(whole: Answer): Outcome {
  return { whole, answers: [], fault: undefined };
}

/** Runs the calls in order, `lanes` at a time. */
async function executeAll(
  world: World,
  flights: readonly Flight[],
  lanes: number,
  isBatch: boolean,
): Promise<CallOutcome[]> {
  const answers: CallOutcome[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next; at < flights.length; at = next) {
      next += 1;
      const flight = flights[at];
      if (flight) answers[at] = await execute(world, flight, isBatch);
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, flights.length) }, lane));
  return answers;
}
