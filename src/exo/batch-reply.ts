/** Takes a batch's reply apart (`exo-protocol.md` 7.2). An item belongs to a call by its id and by nothing else. */
import type { Body } from "./body.ts";
import { bodyOfText } from "./body.ts";
import type { Reply } from "./verdict.ts";
import { isRecord } from "./decode.ts";

/**
 * @param ids of the calls, in the order they were sent
 * @returns a reply per id, `undefined` where there is none that can be trusted: missing, twice, or of no known shape; or `undefined` when this is no reply to a batch
 */
export function repliesOf(outer: Reply, ids: readonly string[]): readonly (Reply | undefined)[] | undefined {
  if (outer.status < 200 || outer.status >= 300 || outer.body.kind !== "json") return undefined;
  const { value } = outer.body;
  const responses = isRecord(value) ? value["responses"] : undefined;
  if (!Array.isArray(responses)) return undefined;
  const found = new Map<string, Reply | undefined>();
  for (const item of responses.filter(isRecord)) {
    const id = item["id"];
    if (typeof id !== "string") continue;
    found.set(id, found.has(id) ? undefined : replyOf(item, outer));
  }
  return ids.map((id) => found.get(id));
}

function replyOf(item: Readonly<Record<string, unknown>>, outer: Reply): Reply | undefined {
  const status = Number(item["status"]);
  if (!Number.isInteger(status) || status < 100 || status > 599) return undefined;
  return { status, headers: headersOf(item["headers"], outer.headers), body: bodyOfItem(item["body"]) };
}

function bodyOfItem(body: unknown): Body {
  if (body === undefined || body === null) return { kind: "empty" };
  return typeof body === "string" ? bodyOfText(body) : { kind: "json", value: body };
}

/** Where an item is silent, its envelope speaks: its headers are looked up there. */
function headersOf(value: unknown, outer: Reply["headers"]): Reply["headers"] {
  const headers: Record<string, string> = Object.create(outer);
  if (!isRecord(value)) return headers;
  for (const [name, header] of Object.entries(value)) {
    if (typeof header === "string" || typeof header === "number")
      headers[name.toLowerCase()] = String(header);
  }
  return headers;
}
