/** Runs a call that was let in, and makes its answer: pages, warnings, the envelope of `exo-protocol.md` 5.1. */
import type { CmdletAnswer, WireRow } from "../cmdlet.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { ReadyCall } from "./call.ts";
import { affinityOf, digestOf, type Cursor } from "./cursors.ts";
import { jsonText, type RowStyle } from "./encode.ts";
import { failed } from "./failed.ts";
import { itemHeaders } from "./headers.ts";
import { expiredCursor, plainError } from "./refusals.ts";

const TRUNCATED =
  "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";

const UNRELATED = [
  "Starting November 2026, this cmdlet will no longer support the -Credential parameter.",
  "This cmdlet's output will change in a future release.",
];

/** What the envelope holds besides rows. */
interface Extras {
  readonly nextLink?: string | undefined;
  readonly warnings: readonly string[];
  readonly errors?: readonly string[] | undefined;
  readonly confirmation?: string | undefined;
}

/** The token of a continuation, if this call is one. */
export function cursorTokenOf(call: { readonly place: ReadyCall["place"] }): string | undefined {
  return call.place.query.get("$skiptoken") ?? undefined;
}

/** @param delayWarning told when the call was slowed down */
export function run(world: World, call: ReadyCall, delayWarning: string | undefined): Answer {
  const { quirks } = world.profile.get();
  const token = cursorTokenOf(call);
  let cursor: Cursor | undefined;
  if (token !== undefined) {
    cursor = world.cursors.find(token, world.now(), quirks.cursorLifetimeSeconds * 1000);
    if (!cursor || !fits(world, call, cursor)) return expiredCursor(call);
    if (!cursor.struck && world.dice.chance("mid-paging", quirks.midPagingErrors)) {
      cursor.struck = true;
      if (world.dice.chance("mid-paging/empty", 0.5))
        return { status: 200, headers: itemHeaders(call.requestId, call.server, 200), body: "" };
      return plainError(404, "An server side error occured.", call);
    }
  }
  if (call.confirm && quirks.confirmHandshake) {
    const confirmation = `Confirm\nAre you sure you want to perform this action?\n${call.cmdlet.name}`;
    return ok(world, call, "[]", { warnings: [], confirmation });
  }
  if (call.whatIf) return ok(world, call, "[]", { warnings: [] });
  const answer = call.cmdlet.run(call.request);
  if (answer.kind === "failure") return failed(world, answer.failure, call.cmdlet.name, call);
  const warnings = delayWarning === undefined ? [] : [delayWarning];
  if (world.dice.chance("unrelated-warning", quirks.unrelatedWarnings))
    warnings.push(world.dice.pick("unrelated-text", UNRELATED));
  if (answer.kind === "nothing") {
    warnings.push(...(answer.warnings ?? []));
    return noOutput(world, call, warnings);
  }
  return page(world, call, answer, cursor, warnings);
}

/** Whether the cursor belongs to this caller and this listing (quirks 1 and 3). */
function fits(world: World, call: ReadyCall, cursor: Cursor): boolean {
  const { quirks } = world.profile.get();
  const { place, tenant } = call;
  if (cursor.tenantId !== tenant.access.tenantId) return false;
  if (quirks.postOnlyContinuation && (place.method !== "POST" || digestOf(place.body) !== cursor.bodyDigest))
    return false;
  if (!quirks.anchorBoundPaging) return true;
  if (place.path.toLowerCase().includes(`/${tenant.vanityDomain}/`)) return false;
  const affinity = affinityOf(place.headers["x-anchormailbox"], place.headers["connection-id"]);
  return affinity !== undefined && affinity === cursor.affinity;
}

function page(
  world: World,
  call: ReadyCall,
  answer: CmdletAnswer & { readonly kind: "rows" },
  cursor: Cursor | undefined,
  warnings: string[],
): Answer {
  const { quirks } = world.profile.get();
  const size = pageSize(world, call);
  if (size === undefined)
    return plainError(400, "The value of the odata.maxpagesize preference must be from 1 to 1000.", call);
  const repeated = cursor?.repeat && size > 1 ? [cursor.repeat] : [];
  let { rows, next } = answer.source.read(cursor?.place, size - repeated.length);
  if (repeated.length > 0) rows = [...repeated, ...rows];
  if (call.inBatch && !quirks.pagedBatchItems) {
    const all: WireRow[] = [...rows];
    while (next !== undefined) {
      const more = answer.source.read(next, 1000);
      all.push(...more.rows);
      next = more.next;
    }
    rows = all;
  }
  if (size === 0) [rows, next] = [[], undefined];
  const select = cursor ? cursor.select : selectOf(call);
  let nextLink: string | undefined;
  if (next !== undefined) {
    const last = rows.at(-1);
    const { place } = call;
    const kept: Cursor = {
      place: next,
      page: (cursor?.page ?? 1) + 1,
      tenantId: call.tenant.access.tenantId,
      affinity: affinityOf(place.headers["x-anchormailbox"], place.headers["connection-id"]),
      bodyDigest: digestOf(place.body),
      select,
      repeat: last && world.dice.chance("seam", quirks.repeatedSeamRow) ? last : undefined,
      madeAtMs: world.now(),
      struck: false,
    };
    nextLink = `${place.origin}${place.path}?%24skiptoken=${encodeURIComponent(world.cursors.keep(kept, call.server))}`;
    if (isUnlimited(call) ? quirks.truncationWarningOnUnlimited : quirks.truncationWarning)
      warnings.push(TRUNCATED);
  }
  warnings.push(...(answer.warnings ?? []));
  const ordered = quirks.shuffledPages && rows.length > 1 ? world.dice.shuffled("page-order", rows) : rows;
  const style: RowStyle = { ...quirks, select };
  let value = "[";
  for (const row of ordered) {
    if (value.length > 1) value += ",";
    value += world.encoder.encode(row, style);
  }
  const errors =
    quirks.partialErrors && answer.errors && answer.errors.length > 0 ? answer.errors : undefined;
  return ok(world, call, `${value}]`, { nextLink, warnings, errors });
}

/** Rows of this page; undefined when the caller asked for what is refused. */
function pageSize(world: World, call: ReadyCall): number | undefined {
  const { quirks } = world.profile.get();
  const wanted = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(call.place.headers["prefer"] ?? "")?.[1];
  if (
    wanted !== undefined &&
    quirks.oversizePage === "reject" &&
    (Number(wanted) > 1000 || Number(wanted) < 1)
  )
    return undefined;
  const preferred =
    wanted === undefined ? quirks.defaultPageRows : Math.min(1000, Math.max(1, Number(wanted)));
  const { parameters } = call.request;
  if (parameters.get("pagesize") === 0) return 0;
  const resultSize = Number(parameters.get("resultsize") ?? Number.NaN);
  return Number.isFinite(resultSize) ? Math.min(preferred, Math.max(0, Math.floor(resultSize))) : preferred;
}

function isUnlimited(call: ReadyCall): boolean {
  return String(call.request.parameters.get("resultsize")).toLowerCase() === "unlimited";
}

function selectOf(call: ReadyCall): ReadonlySet<string> | undefined {
  const wanted = call.place.query.get("$select");
  if (wanted === null || wanted === "") return undefined;
  return new Set(wanted.split(",").map((name) => name.trim().toLowerCase()));
}

const NO_OUTPUT = ["empty-list", "no-value", "null-value", "empty-body", "no-content"] as const;

function noOutput(world: World, call: ReadyCall, warnings: readonly string[]): Answer {
  const wanted = world.profile.get().quirks.noOutput;
  const form = NO_OUTPUT.find((known) => known === wanted) ?? world.dice.pick("no-output", NO_OUTPUT);
  // A warning has to be said somewhere.
  const headers = itemHeaders(call.requestId, call.server, 200);
  if (warnings.length === 0 && form === "empty-body") return { status: 200, headers, body: "" };
  if (warnings.length === 0 && form === "no-content") {
    delete headers["Content-Type"];
    return { status: 204, headers, body: "" };
  }
  const value = { "no-value": undefined, "null-value": "null" }[form as string] ?? "[]";
  return ok(world, call, form === "no-value" ? undefined : value, { warnings });
}

function ok(world: World, call: ReadyCall, value: string | undefined, extras: Extras): Answer {
  const { quirks } = world.profile.get();
  const { origin, path } = call.place;
  const say = (text: string): string => jsonText(text, quirks.escapedUnicode);
  const list = (texts: readonly string[]): string => `[${texts.map(say).join(",")}]`;
  const context = `${origin}${path.replace(/\/[^/]*$/, "")}/$metadata#Collection(Exchange.GenericHashTable)`;
  let body = `{"@odata.context":${say(context)},`;
  if (extras.nextLink !== undefined) body += `"@odata.nextLink":${say(extras.nextLink)},`;
  body += `"adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":${list(extras.warnings)}`;
  if (extras.errors)
    body += `,"adminapi.errors@odata.type":"#Collection(String)","@adminapi.errors":${list(extras.errors)}`;
  if (extras.confirmation !== undefined)
    body += `,"@adminapi.confirmationmessage":${say(extras.confirmation)}`;
  if (value !== undefined) body += `,"value":${value}`;
  return { status: 200, headers: itemHeaders(call.requestId, call.server, 200), body: `${body}}` };
}
