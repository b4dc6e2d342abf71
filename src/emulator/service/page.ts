/** One page of rows: how many, which, in what order, and how it goes on (`exo-protocol.md` 6.1 to 6.3). */
import type { CmdletAnswer, WireRow } from "../cmdlet.ts";
import type { Fault } from "../profile/faults.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { Place, ReadyCall } from "./call.ts";
import { affinityOf } from "./cursors.ts";
import { envelope } from "./envelope.ts";
import { plainError } from "./refusals.ts";
import { nextOf, resourceReply, type ResourceStyle } from "./resource.ts";

export const TRUNCATED =
  "There are more results available than are currently displayed. To view them, increase the value for the ResultSize parameter.";

/** @param warnings said on this page already */
export function page(
  world: World,
  call: ReadyCall,
  answer: CmdletAnswer & { readonly kind: "rows" },
  warnings: string[],
  fault: Fault | undefined,
): Answer {
  const { quirks } = world.profile.get();
  const size = pageSize(world, call);
  if (size === undefined)
    return plainError(400, "The value of the odata.maxpagesize preference must be from 1 to 1000.", call);
  const { select } = call;
  const { rows, next } = readRows(world, call, answer, size);
  let nextLink: string | undefined;
  if (next !== undefined) {
    const place = fault?.kind === "next-loops" ? (call.cursor?.place ?? "") : next;
    const token = keepCursor(world, call, rows.at(-1), place);
    nextLink = call.resource ? nextOf(call, call.resource, token) : linkOf(call, token);
    if (fault?.kind === "next-foreign")
      nextLink = nextLink.replace(call.place.origin, "https://outlook.office365.example");
    const wanted = isUnlimited(call) ? quirks.truncationWarningOnUnlimited : quirks.truncationWarning;
    if (wanted) warnings.push(TRUNCATED);
  }
  warnings.push(...(answer.warnings ?? []));
  const ordered = quirks.shuffledPages && rows.length > 1 ? world.dice.shuffled("page-order", rows) : rows;
  if (call.resource) {
    const style = { annotations: false, escapedUnicode: quirks.escapedUnicode, select: undefined };
    const texts = ordered.map((row) => world.encoder.encode(row, style));
    return resourceReply(world, call, call.resource, texts, nextLink);
  }
  let value = "[";
  for (const row of ordered) {
    if (value.length > 1) value += ",";
    value += world.encoder.encode(row, { ...quirks, select });
  }
  // Errors of a sweep stand where it ends.
  const errors = next === undefined && answer.errors && answer.errors.length > 0 ? answer.errors : undefined;
  return envelope(world, call, `${value}]`, { nextLink, warnings, errors });
}

function readRows(
  world: World,
  call: ReadyCall,
  { source }: CmdletAnswer & { readonly kind: "rows" },
  size: number,
): { readonly rows: readonly WireRow[]; readonly next: string | undefined } {
  if (size === 0) return { rows: [], next: undefined };
  // A repeated row takes a place of the page, so no other row is lost.
  const { cursor } = call;
  const repeated = cursor?.repeat && size > 1 ? [cursor.repeat] : [];
  const first = source.read(cursor?.place || undefined, size - repeated.length);
  const rows = [...repeated, ...first.rows];
  let { next } = first;
  while (next !== undefined && call.inBatch && !world.profile.get().quirks.pagedBatchItems) {
    const more = source.read(next, 1000);
    rows.push(...more.rows);
    next = more.next;
  }
  return { rows, next };
}

/** What a cursor of a resource belongs to, in place of a body. */
export function cursorBodyOf({ path }: Place, { query }: ResourceStyle): string {
  return `${path.toLowerCase()}?${query}`;
}

/** Remembers where the listing goes on; answers the cursor's token. */
function keepCursor(world: World, call: ReadyCall, last: WireRow | undefined, next: string): string {
  const { place, tenant, server, cursor, select } = call;
  const repeats = world.dice.chance("seam", world.profile.get().quirks.repeatedSeamRow);
  return world.cursors.keep(
    {
      place: next,
      page: (cursor?.page ?? 1) + 1,
      tenantId: tenant.access.tenantId,
      affinity: affinityOf(place.headers["x-anchormailbox"], place.headers["connection-id"]),
      body: cursor?.body ?? (call.resource ? cursorBodyOf(place, call.resource) : place.body),
      select,
      repeat: repeats ? last : undefined,
      madeAtMs: world.now(),
      struck: false,
    },
    server,
  );
}

function linkOf({ place }: ReadyCall, token: string): string {
  return `${place.origin}${place.path}?%24skiptoken=${encodeURIComponent(token)}`;
}

/** What the caller asked for in `Prefer`. */
export function preferredRows(call: ReadyCall): number | undefined {
  const wanted = /odata\.maxpagesize\s*=\s*(\d+)/i.exec(call.place.headers["prefer"] ?? "")?.[1];
  return wanted === undefined ? undefined : Number(wanted);
}

/** Rows of this page; undefined when the caller asked for what is refused. */
function pageSize(world: World, call: ReadyCall): number | undefined {
  const { quirks } = world.profile.get();
  const preferred = preferredRows(call) ?? quirks.defaultPageRows;
  const within = Math.min(1000, Math.max(1, preferred));
  if (within !== preferred && quirks.oversizePage === "reject") return undefined;
  const resultSize = Number(call.request.parameters.get("resultsize") ?? Number.NaN);
  return Number.isFinite(resultSize) ? Math.min(within, Math.max(0, Math.floor(resultSize))) : within;
}

function isUnlimited(call: ReadyCall): boolean {
  const size = call.request.parameters.get("resultsize");
  return typeof size === "string" && size.toLowerCase() === "unlimited";
}
