/** What the gate of a tenant knows, as the command line shows it: every number with where it comes from. Pure. */
import { type GateStatus, timetableText } from "../../throttle/index.ts";
import { count, duration, timeOfDay } from "../words.ts";

type View = GateStatus["view"];

/** For programs. Instants are ISO by the clock of Redis; what is not known is null. */
export function throttleView(
  tenant: string,
  status: GateStatus,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const { view, orders, share } = status;
  return {
    schemaVersion: 1,
    tenant,
    openIn: Math.ceil(status.closedForMs / 1_000),
    reopening: view.reopening,
    degraded: status.degraded,
    boundBy: view.binds ?? null,
    window: view.window,
    windowUnit: view.windowUnit,
    windowProven: view.windowProven,
    windowRefusedAt: view.windowCeiling ?? null,
    windowSince: iso(view.windowSinceMs),
    inFlight: view.inFlight,
    inFlightCalls: view.inFlightCalls,
    maxCalls: view.maxCalls,
    pace: view.pace ?? null,
    paceFrom: view.paceFrom ?? null,
    paceSince: iso(view.paceSinceMs),
    writePace: view.writePace ?? null,
    headers:
      view.headers === undefined
        ? null
        : { ...view.headers, resetAtMs: undefined, resetAt: iso(view.headers.resetAtMs) },
    budget: view.budget === undefined ? null : { ...view.budget, atMs: undefined, at: iso(view.budget.atMs) },
    delayedWindow: view.delayedWindow ?? null,
    processes: view.processes,
    used: view.used,
    callsPassed: view.callsPassed,
    callsRefused: view.callsRefused,
    limitMoved: view.movedAtMs === undefined ? null : { at: iso(view.movedAtMs), up: view.movedUp ?? null },
    maxConcurrency: orders.maxConcurrency ?? null,
    maxRate: orders.maxRate ?? null,
    maxWriteRate: orders.maxWriteRate ?? null,
    sharePercent: orders.sharePercent ?? null,
    politeness: orders.politeness ?? "normal",
    timetable: orders.timetable === undefined ? null : timetableText(orders.timetable),
    timeZone: orders.timetable?.zone ?? null,
    shareNow: share.percent,
    shareUntil: Number.isFinite(share.untilMs) ? iso(share.untilMs) : null,
    at: iso(nowMs),
  };
}

/** For people. */
export function throttleText(tenant: string, status: GateStatus, nowMs: number): string {
  const { view, degraded } = status;
  // Instants of the view are on the clock of those who share the gate.
  const at = (ms: number): string => timeOfDay(ms - status.nowMs + nowMs, nowMs);
  const lines: (readonly [label: string, text: string] | undefined)[] = [
    degraded ? ["no Redis", "this process goes on with its own share of what it knew"] : undefined,
    ["window", windowText(view, at)],
    [
      "on the wire",
      `${batches(view.inFlight)}, ${count(view.inFlightCalls)} calls; at most ${view.maxCalls} calls in a batch`,
    ],
    ["pace", paceText(view, at)],
    view.writePace === undefined ? undefined : ["writes", `${perSecond(view.writePace)} of their own`],
    view.headers === undefined ? undefined : ["headers", headersText(view.headers, at)],
    view.budget === undefined ? undefined : ["budget", budgetText(view.budget, at)],
    view.delayedWindow === undefined
      ? undefined
      : ["delays", `every call is delayed without a word: held to ${batches(view.delayedWindow)} at once`],
    ["bound by", boundText(view)],
    ["used", usedText(view)],
    view.movedAtMs === undefined
      ? undefined
      : ["moved", `the limit went ${view.movedUp === true ? "up" : "down"} at ${at(view.movedAtMs)}`],
    ["orders", ordersText(status, nowMs)],
    ["processes", String(view.processes)],
  ];
  const shown = lines
    .filter((line) => line !== undefined)
    .map(([label, text]) => `  ${label.padEnd(12)}${text}`);
  return [`${tenant}: ${gateText(status)}`, ...shown].join("\n");
}

function gateText({ closedForMs, share, view }: GateStatus): string {
  if (share.percent === 0) return "nothing leaves at this time of day, by the timetable";
  if (closedForMs > 0)
    return `closed for ${duration(closedForMs / 1_000)}: the service asked everybody to wait`;
  return view.reopening ? "opening: one call goes first" : "open";
}

function windowText(view: View, at: (ms: number) => string): string {
  const proven = view.windowProven > 0 ? `, ${view.windowProven} passed` : "";
  const refused =
    view.windowCeiling === undefined ? ", no refusal seen" : `, refused at ${view.windowCeiling}`;
  return `${batches(view.window)} at once${proven}${refused}; since ${at(view.windowSinceMs)}, the service counts ${view.windowUnit}`;
}

const PACE_FROM: Readonly<Record<NonNullable<View["paceFrom"]>, string>> = {
  refusals: "learned from refusals",
  headers: "from Rate-Limit headers",
  budget: "from the budget in warnings",
  start: "careful at the start",
  operator: "by your order",
};

function paceText(view: View, at: (ms: number) => string): string {
  if (view.pace === undefined) return "free: no refusal and no header bounds it";
  const from = view.paceFrom === undefined ? "" : `, ${PACE_FROM[view.paceFrom]}`;
  return `${perSecond(view.pace)}${from}${view.paceSinceMs === undefined ? "" : `, since ${at(view.paceSinceMs)}`}`;
}

function headersText(headers: NonNullable<View["headers"]>, at: (ms: number) => string): string {
  const left = `${count(headers.remaining)} of ${count(headers.limit)} ${headers.unit} left until ${at(headers.resetAtMs)}`;
  return headers.believed ? left : `${left}; not believed: they were wrong too often`;
}

function budgetText(budget: NonNullable<View["budget"]>, at: (ms: number) => string): string {
  const share = (budget.rechargeMsPerHour / 3_600_000).toFixed(2);
  return `${count(budget.balanceMs)} ms of server time, locked at ${count(budget.cutoffMs)}, fills by ${share} ms a ms; read ${at(budget.atMs)}`;
}

const BOUND: Readonly<Record<NonNullable<View["binds"]>, string>> = {
  "retry-after": "a Retry-After of the service",
  "half-open": "one call that goes first after a refusal",
  window: "how many requests the service takes at once",
  pace: "the pace learned from refusals",
  headers: "Rate-Limit headers",
  budget: "the budget of server time",
  share: "the fair share of other processes",
  operator: "your orders",
  destructive: "the budget of writes",
};

function boundText({ binds }: View): string {
  return binds === undefined ? "nothing: everything leaves at once" : BOUND[binds];
}

function usedText({ used, callsPassed, callsRefused }: View): string {
  const all = callsPassed + callsRefused;
  if (all === 0) return "nothing yet";
  const refused = `${count(callsRefused)} refused (${((callsRefused / all) * 100).toFixed(2)} %)`;
  return `${Math.round(used * 100)} % of what was found possible; ${count(callsPassed)} calls passed, ${refused}`;
}

function ordersText({ orders, share }: GateStatus, nowMs: number): string {
  const parts = [
    ...(orders.maxConcurrency === undefined ? [] : [`at most ${batches(orders.maxConcurrency)} at once`]),
    ...(orders.maxRate === undefined ? [] : [`at most ${perSecond(orders.maxRate)}`]),
    ...(orders.maxWriteRate === undefined ? [] : [`at most ${perSecond(orders.maxWriteRate, "writes")}`]),
    ...(orders.sharePercent === undefined ? [] : [`at most ${orders.sharePercent} % of what is found`]),
    ...(orders.politeness === undefined ? [] : [orders.politeness]),
    ...(orders.timetable === undefined
      ? []
      : [`timetable ${timetableText(orders.timetable)} (${orders.timetable.zone})`]),
  ];
  if (orders.timetable !== undefined) {
    const until = Number.isFinite(share.untilMs) ? ` until ${timeOfDay(share.untilMs, nowMs)} here` : "";
    parts.push(`now ${share.percent} %${until}`);
  }
  return parts.length === 0 ? "none" : parts.join(", ");
}

function batches(number: number): string {
  return `${count(number)} ${number === 1 ? "request" : "requests"}`;
}

function perSecond(calls: number, what = "calls"): string {
  return `${calls < 10 ? calls.toFixed(1) : count(calls)} ${what} a second`;
}

function iso(ms: number | undefined): string | null {
  return ms === undefined || !Number.isFinite(ms) ? null : new Date(ms).toISOString();
}
