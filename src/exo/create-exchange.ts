/** One tenant's Exchange: cmdlets in, rows out. Puts the pieces together; what replies mean and what follows from it is decided elsewhere. */
import type { CmdletReply, ExoRow, Parameters } from "../job/index.ts";
import { NO_HISTORY } from "./call.ts";
import type { Answer, Call, Target } from "./call.ts";
import { Courier } from "./courier.ts";
import type { Clock, CourierParts } from "./courier.ts";
import { effectOf } from "./effects.ts";
import { encodeCall } from "./encode.ts";
import type { CmdletInput } from "./encode.ts";
import { ExoError } from "./errors.ts";
import type { Exchange, SendOptions } from "./exchange.ts";
import { PAGE_ROWS } from "./limits.ts";
import { readListing } from "./listing.ts";
import type { Listing } from "./listing.ts";
import { DISCOVERY, readOffered } from "./offered.ts";
import { resourceAddress } from "./request.ts";
import { resourceOf } from "./resource.ts";

/** What one tenant's Exchange is made of; `clock` is for tests. */
export type ExchangeParts = Omit<CourierParts, "clock"> & { readonly clock?: Clock };

/**
 * Cmdlets that take minutes (`exo-protocol.md` 8.6): they get the long timeout, and go alone so that nobody waits with them. Whoever wants no
 * more than a page of one (a numeric `ResultSize`) is not waited for that long: the call may share a request, and goes alone when that one has
 * timed out.
 */
const SLOW =
  /^(get-distributiongroupmember|import-transportrulecollection|set-unifiedgroup|update-distributiongroupmember|set-organizationconfig|update-rolegroupmember)$/i;

/** Whether a cmdlet may take longer than others: its answer is waited for up to `requests.slowTimeoutMs`. */
export function isSlow(cmdlet: string): boolean {
  return SLOW.test(cmdlet);
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function createExchange(parts: ExchangeParts): Exchange {
  const clock = parts.clock ?? {
    now: () => Date.now(),
    steadyMs: () => performance.now(),
    chance: () => Math.random(),
  };
  const courier = new Courier({ ...parts, clock });

  const listingOf = (
    cmdlet: string,
    parameters: Parameters,
    options: SendOptions,
    listing: boolean,
  ): Listing => {
    checkOptions(cmdlet, options);
    const resource = resourceOf(cmdlet, parameters, options.select ?? []);
    const input = resource === undefined ? encodeCall(cmdlet, parameters) : NO_INPUT;
    const effect = effectOf(cmdlet, parameters);
    const slow = isSlow(cmdlet);
    const limit = limitOf(parameters);
    const endless = slow && (limit === undefined || limit > PAGE_ROWS);
    const alone = options.alone;
    const apart = alone !== undefined && alone.company !== true;
    return {
      cmdlet,
      tenant: parts.tenant,
      follow: effect === "read",
      limit,
      resource: resource && resourceAddress(parts.tenant, parts.settings.api, resource),
      ask: async (target) => {
        const answer = await ask(courier, {
          cmdlet,
          input,
          resource,
          effect,
          target,
          select: options.select ?? [],
          anchor: options.anchor ?? { kind: "tenant" },
          lane: options.lane ?? "mailbox",
          run: options.run,
          signal: options.signal,
          alone: alone?.beforeReply && (async () => alone.beforeReply?.()),
          beforeSend: options.beforeSend && (async () => (await options.beforeSend?.()) ?? 0),
          single: listing || endless || apart || resource !== undefined || target.kind !== "invoke",
          slow,
        });
        return resource === undefined ? answer : { ...answer, rows: answer.rows.flatMap(resource.unfold) };
      },
    };
  };

  return {
    invoke: async (cmdlet, parameters, options = {}) =>
      collect(listingOf(cmdlet, parameters, options, false)),
    pages: async function* pages(cmdlet, parameters, options = {}) {
      yield* readListing(listingOf(cmdlet, parameters, options, true));
    },
    cmdlets: (signal) =>
      readOffered(
        (withdrawn) => ask(courier, catalogueCall(withdrawn)),
        parts.settings.api.discoveryTimeoutMs,
        signal,
      ),
    get load() {
      return courier.load;
    },
    close: () => courier.close(),
  };
}

/** Hands a call over and waits for its end. */
function ask(courier: Courier, question: Question): Promise<Answer> {
  return new Promise((resolve, reject) => {
    courier.take({ ...question, history: NO_HISTORY, resolve, reject });
  });
}

type Question = Omit<Call, "history" | "resolve" | "reject">;

const NO_INPUT: CmdletInput = { CmdletInput: { CmdletName: "", Parameters: {} } };

function catalogueCall(signal: AbortSignal): Question {
  const target: Target = { kind: "catalogue" };
  return {
    cmdlet: DISCOVERY,
    input: NO_INPUT,
    resource: undefined,
    effect: "read",
    target,
    select: [],
    anchor: { kind: "tenant" },
    lane: "interactive",
    run: undefined,
    signal,
    alone: undefined,
    beforeSend: undefined,
    single: true,
    slow: false,
  };
}

/** All pages as one reply. */
async function collect(listing: Listing): Promise<CmdletReply> {
  let rows: ExoRow[] = [];
  let warnings: string[] = [];
  let errors: string[] = [];
  let requestId: string | undefined;
  let sentAtMs: number | undefined;
  let answeredAtMs = 0;
  for await (const page of readListing(listing)) {
    if ("restarted" in page) {
      [rows, warnings, errors, sentAtMs] = [[], [], [], undefined];
      continue;
    }
    rows = rows.concat(page.rows);
    warnings = warnings.concat(page.warnings);
    errors = errors.concat(page.errors);
    requestId = page.requestId;
    sentAtMs ??= page.sentAtMs;
    answeredAtMs = page.answeredAtMs;
  }
  return { rows, warnings, errors, requestId, sentAtMs: sentAtMs ?? answeredAtMs, answeredAtMs };
}

/** A numeric `ResultSize` is the caller's word for how many rows are enough. */
function limitOf(parameters: Parameters): number | undefined {
  const size = Object.entries(parameters).find(([name]) => name.toLowerCase() === "resultsize")?.[1];
  if (typeof size === "number") return size;
  return typeof size === "string" && /^\d{1,9}$/.test(size) ? Number(size) : undefined;
}

/** What goes into headers and the URL must be what it claims to be. */
function checkOptions(cmdlet: string, { anchor, select = [] }: SendOptions): void {
  const refuse = (cause: string): never => {
    throw new ExoError(`Cannot send ${cmdlet}: ${cause}`, {
      cmdlet,
      kind: "refused-here",
      remedy: "give-up",
    });
  };
  if (anchor?.kind === "mailbox" && !GUID.test(anchor.guid))
    refuse("the mailbox it is anchored to is no GUID");
  if (!select.every((name) => /^\w{1,100}$/.test(name))) refuse("a selected property is no property name");
}
