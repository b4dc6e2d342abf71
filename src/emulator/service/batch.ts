/** `$batch`: items out of the request, answers into the reply (`exo-protocol.md` 7). */
import { randomUUID } from "node:crypto";
import type { Fault } from "../profile/faults.ts";
import type { World } from "../world.ts";
import { isJson, type Answer } from "./answer.ts";
import type { Place, RequestHeaders } from "./call.ts";
import { decoded } from "../receive.ts";
import { mixUpOf } from "./doubt.ts";
import { itemHeaders } from "./headers.ts";
import type { Responder } from "./refusals.ts";

export interface BatchItem {
  readonly id: string;
  readonly place: Place;
  /** Path segments below `/adminapi/{version}/`: tenant and what follows; undefined for another address. */
  readonly target:
    | { readonly version: string; readonly segment: string; readonly resource: string }
    | undefined;
}

/** Headers an item takes over from the batch when it has none of its own. */
const INHERITED = ["authorization", "x-anchormailbox", "connection-id"] as const;

/** The items of a batch body, or what is wrong with it. */
export function readBatch(outer: Place): readonly BatchItem[] | { readonly mistake: string } {
  const requests = isObject(outer.body) ? outer.body["requests"] : undefined;
  if (!Array.isArray(requests)) return { mistake: "The batch request does not contain a 'requests' array." };
  const items: BatchItem[] = [];
  for (const request of requests) {
    const item = isObject(request) ? readItem(outer, request) : undefined;
    if (!item) return { mistake: "A request of the batch has no id, method or url." };
    items.push(item);
  }
  const ids = new Set(items.map((item) => item.id));
  if (ids.size < items.length) return { mistake: "The ids of the requests in a batch must be unique." };
  return items;
}

function readItem(outer: Place, request: Record<string, unknown>): BatchItem | undefined {
  const { id: given, method, url, headers, body } = request;
  const id = typeof given === "number" ? String(given) : given;
  if (typeof id !== "string" || typeof method !== "string" || typeof url !== "string") return undefined;
  const base = `${outer.origin}${outer.path.replace(/[^/]*$/, "")}`;
  // `InvokeCommand` and `/InvokeCommand` are relative to the tenant; anything with a tenant in it is a path of its own.
  const relative = url.replace(/^\/(?=InvokeCommand\b)/i, "").replace(/^(?=adminapi\/)/i, "/");
  if (!URL.canParse(relative, base)) return undefined;
  const parsed = new URL(relative, base);
  const own: Record<string, string | undefined> = {};
  for (const name of INHERITED) own[name] = outer.headers[name];
  if (isObject(headers))
    for (const [name, value] of Object.entries(headers)) own[name.toLowerCase()] = String(value);
  const place: Place = {
    method: method.toUpperCase(),
    origin: parsed.origin,
    path: parsed.pathname,
    query: parsed.searchParams,
    headers: own satisfies RequestHeaders,
    body,
  };
  return { id, place, target: readTarget(parsed.pathname) };
}

/** `/adminapi/beta/{tenant}/{resource}` in any case. */
export function readTarget(path: string): BatchItem["target"] {
  const match = /^\/adminapi\/([^/]+)\/([^/]+)(?:\/(.*))?$/i.exec(path);
  if (!match) return undefined;
  const [, version = "", segment = "", resource = ""] = match;
  return { version: version.toLowerCase(), segment: decoded(segment), resource };
}

/** A batch's reply, and the ledger numbers of the calls whose answers stand in it under their own ids. */
export interface BatchReply {
  readonly answer: Answer;
  readonly entries: readonly number[];
}

/** The reply of a batch: every item by its id, after the faults that mix them up. */
export function batchReply(
  world: World,
  by: Responder,
  items: readonly {
    readonly id: string;
    readonly answer: Answer;
    readonly fault: Fault | undefined;
    readonly n: number;
    readonly cmdlet: string;
    readonly writes: boolean;
  }[],
): BatchReply {
  const { quirks } = world.profile.get();
  const kinds = items.map(({ fault, writes, cmdlet, n }) => {
    if (fault !== undefined) return fault.kind;
    if (writes) return mixUpOf(world, { cmdlet, n });
    if (world.dice.chance("item/missing", quirks.missingItems)) return "item-missing";
    return world.dice.chance("item/null", quirks.nullItems) ? "item-null" : undefined;
  });
  const ids = items.map((item) => item.id);
  kinds.forEach((kind, at) => {
    const other = (at + 1) % items.length;
    if (kind !== "items-swapped" || other === at) return;
    [ids[at], ids[other]] = [ids[other] ?? "", ids[at] ?? ""];
  });
  const parts = items.flatMap(({ answer }, at) => {
    const id = ids[at] ?? "";
    const kind = kinds[at];
    if (kind === "item-missing") return [];
    if (kind === "item-null") return ["null"];
    if (kind === "item-foreign") return [itemText(randomUUID(), answer)];
    const text = itemText(id, answer);
    return kind === "item-twice" ? [text, text] : [text];
  });
  const entries = items.flatMap(({ id, n }, at) =>
    ids[at] === id && !UNANSWERED.has(kinds[at] ?? "") ? [n] : [],
  );
  const ordered = quirks.shuffledBatch ? world.dice.shuffled("batch-order", parts) : parts;
  if (quirks.multipartBatch) return { answer: multipart(ordered), entries };
  const body = `{"responses":[${ordered.join(",")}]}`;
  return { answer: { status: 200, headers: itemHeaders(by.requestId, by.server, 200), body }, entries };
}

/** What leaves an item without an answer of its own. */
const UNANSWERED: ReadonlySet<string> = new Set(["item-missing", "item-null", "item-foreign"]);

function itemText(id: string, answer: Answer): string {
  const body =
    isJson(answer) && typeof answer.body === "string" && answer.body !== "" ? answer.body : textBody(answer);
  return `{"id":${JSON.stringify(id)},"status":${answer.status},"headers":${JSON.stringify(answer.headers)},"body":${body}}`;
}

/** A body that is not JSON cannot stand in JSON: text becomes a string, bytes become null. */
function textBody(answer: Answer): string {
  return typeof answer.body === "string" && answer.body !== "" ? JSON.stringify(answer.body) : "null";
}

/** The encoding of old (quirk 31): every item as an HTTP message of its own. */
function multipart(parts: readonly string[]): Answer {
  const boundary = `batchresponse_${randomUUID()}`;
  const body = parts
    .filter((part) => part !== "null")
    .map((part) => {
      const item: unknown = JSON.parse(part);
      const { id, status, headers, body } = item as {
        id: string;
        status: number;
        headers: Record<string, string>;
        body: unknown;
      };
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      return (
        `--${boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${id}\r\n\r\n` +
        `HTTP/1.1 ${status} ${status < 400 ? "OK" : "Error"}\r\n${lines.join("")}\r\n${body === null ? "" : JSON.stringify(body)}\r\n`
      );
    })
    .join("");
  return {
    status: 200,
    headers: { "Content-Type": `multipart/mixed; boundary=${boundary}` },
    body: `${body}--${boundary}--\r\n`,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
