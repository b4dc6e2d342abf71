/** How long an audit of an emulated tenant will take: the slowest of what its profile limits. Pure. */
import type { Profile } from "../emulator/index.ts";

/** Calls per mailbox of an audit: one each, and the pages of the whole tenant. */
const CALLS_PER_MAILBOX = 1.03;
const CALLS_PER_REQUEST = 10;
/** Mailboxes per second that this program and the emulator manage together on two cores when nothing is limited. */
const MACHINE_PER_SECOND = 700;
/** Starting processes, listing, sealing. */
const SURROUNDINGS_SECONDS = 6;

/** @returns seconds */
export function forecast(profile: Profile, mailboxes: number): number {
  const { budget, conc, rate, latency, timeScale } = profile;
  const calls = mailboxes * CALLS_PER_MAILBOX;
  const shape = latency.cmdlets["get-mailboxpermission"] ?? latency.call;
  const callMs = shape.median * Math.exp(shape.sigma ** 2 / 2);
  const places = conc === null ? 50 : Math.min(conc.max, conc.perApp ?? conc.max);
  const model = [
    (calls * (callMs + (latency.overhead + latency.roundTrip) / CALLS_PER_REQUEST)) / 1_000 / places,
    budget === null ? 0 : ((calls * callMs) / budget.recharge - budget.cap) / 1_000,
    rate === null
      ? 0
      : rate.kind === "window"
        ? (calls / rate.n) * rate.per
        : (calls - rate.burst) / rate.rate,
  ];
  return Math.round(
    SURROUNDINGS_SECONDS + Math.max(calls / MACHINE_PER_SECOND, Math.max(...model) / timeScale),
  );
}
