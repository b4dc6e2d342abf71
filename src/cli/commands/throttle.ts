/** `exosweep throttle`: what the gate of a tenant has learned, and the operator's hand on it. Heard by every process within seconds. */
import type { Command } from "commander";
import type { App } from "../../app.ts";
import {
  type Orders,
  parseTimetable,
  POLITENESS,
  readPoliteness,
  TimetableError,
} from "../../throttle/index.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { printRecord } from "../output.ts";
import type { Session } from "../session.ts";
import { UsageError } from "../usage.ts";
import { throttleText, throttleView } from "../views/throttle.ts";

interface SetOptions {
  readonly maxConcurrency?: string;
  readonly maxRate?: string;
  readonly maxWriteRate?: string;
  readonly share?: string;
  readonly politeness?: string;
  readonly clear?: boolean;
}

export function defineThrottle(throttle: Command, host: Host): void {
  throttle.helpCommand(false);
  throttle
    .command("show <tenant>")
    .description("what was learned of the tenant's limit, since when, and what bounds us now")
    .action(host.action(async (session, command) => show(session, argument(command, 0))));
  throttle
    .command("set <tenant>")
    .description("bounds of your own; what is not named stays as it is")
    .option("--max-concurrency <batches>", "never more requests at once, 1 to 1000")
    .option("--max-rate <calls>", "never more calls a second, 0.01 to 100000")
    .option("--max-write-rate <calls>", "never more writes a second, 0.01 to 100000; reads do not count")
    .option("--share <percent>", "of what was found, use at most this much, 1 to 100")
    .option("--politeness <how>", `how eagerly more is asked for: ${POLITENESS.join(", ")}`)
    .option("--clear", "forget the bounds set before; a timetable stays")
    .action(
      host.action(async (session, command) => {
        const named = readBounds(command.opts<SetOptions>());
        await change(session, argument(command, 0), (orders) => ({
          ...(named.clear ? { timetable: orders.timetable } : orders),
          ...named.bounds,
        }));
      }),
    );
  throttle
    .command("timetable <tenant> [entries]")
    .description('shares by time of day, such as "08:00,20% 18:00,100%"; 0% keeps still')
    .option(
      "--tz <zone>",
      "whose clock, such as Europe/Berlin (default: that of the timetable there is, else this machine's)",
    )
    .option("--clear", "no timetable any more")
    .action(
      host.action(async (session, command) => {
        const { tz, clear } = command.opts<{ tz?: string; clear?: boolean }>();
        const [tenant = "", entries] = command.args;
        if ((entries === undefined) !== (clear === true))
          throw new UsageError(
            "Cannot tell which timetable is meant",
            'write entries such as "08:00,20% 18:00,100%", or --clear for none',
          );
        await change(session, tenant, (orders) => ({
          ...orders,
          timetable: entries === undefined ? undefined : timetableOf(entries, tz ?? orders.timetable?.zone),
        }));
      }),
    );
}

async function show(session: Session, tenant: string): Promise<void> {
  await print(session, await session.app(), tenant);
}

async function change(session: Session, tenant: string, to: (orders: Orders) => Orders): Promise<void> {
  const app = await session.app();
  const { orders } = await app.throttle.status(tenant);
  await app.throttle.order(tenant, to(orders));
  await print(session, app, tenant);
}

async function print(session: Session, app: App, tenant: string): Promise<void> {
  const status = await app.throttle.status(tenant);
  const nowMs = Date.now();
  await printRecord(session, throttleView(tenant, status, nowMs), () => throttleText(tenant, status, nowMs));
}

function readBounds(options: SetOptions): { readonly clear: boolean; readonly bounds: Orders } {
  const { politeness, clear = false } = options;
  const bounds: Orders = {
    ...bound("maxConcurrency", "--max-concurrency", options.maxConcurrency, 1, 1_000, true),
    ...bound("maxRate", "--max-rate", options.maxRate, 0.01, 100_000, false),
    ...bound("maxWriteRate", "--max-write-rate", options.maxWriteRate, 0.01, 100_000, false),
    ...bound("sharePercent", "--share", options.share?.replace(/%$/, ""), 1, 100, false),
    ...(politeness === undefined ? {} : { politeness: politenessOf(politeness) }),
  };
  if (!clear && Object.keys(bounds).length === 0)
    throw new UsageError(
      "Cannot tell what to set",
      "name a bound, for example --max-concurrency 5 or --share 80, or --clear for none",
    );
  return { clear, bounds };
}

function bound(
  name: "maxConcurrency" | "maxRate" | "maxWriteRate" | "sharePercent",
  option: string,
  text: string | undefined,
  least: number,
  most: number,
  whole: boolean,
): Orders {
  if (text === undefined) return {};
  const value = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new UsageError(
      `Cannot set ${option} to "${text}"`,
      `expected a ${whole ? "whole number" : "number"} from ${least} to ${most}`,
    );
  return { [name]: value };
}

function politenessOf(text: string): NonNullable<Orders["politeness"]> {
  const known = readPoliteness(text);
  if (known === undefined)
    throw new UsageError(`Cannot set --politeness to "${text}"`, `expected one of ${POLITENESS.join(", ")}`);
  return known;
}

function timetableOf(entries: string, zone: string | undefined): NonNullable<Orders["timetable"]> {
  try {
    return parseTimetable(entries, zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone);
  } catch (error) {
    if (!(error instanceof TimetableError)) throw error;
    const [what = "", expected = ""] = error.message.split(": expected ");
    throw new UsageError(what, expected === "" ? "nothing was changed" : `expected ${expected}`, {
      cause: error,
    });
  }
}
