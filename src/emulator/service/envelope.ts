/** The envelope of a success: context, nextLink, warnings, rows, in this order (`exo-protocol.md` 5.1, 5.5). */
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { ReadyCall } from "./call.ts";
import { jsonText } from "./encode.ts";
import { itemHeaders } from "./headers.ts";

/** What an envelope holds besides rows. */
export interface Extras {
  readonly nextLink?: string | undefined;
  readonly warnings: readonly string[];
  /** Errors that did not end the cmdlet. */
  readonly errors?: readonly string[] | undefined;
  readonly confirmation?: string | undefined;
}

/** @param value the member's JSON text; undefined leaves it out */
export function envelope(world: World, call: ReadyCall, value: string | undefined, extras: Extras): Answer {
  const { escapedUnicode } = world.profile.get().quirks;
  const { origin, path } = call.place;
  const say = (text: string): string => jsonText(text, escapedUnicode);
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

const NO_OUTPUT = ["empty-list", "no-value", "null-value", "empty-body", "no-content"] as const;

/** The reply of a cmdlet without output, in one of the forms clients have met (quirk 8). */
export function noOutput(world: World, call: ReadyCall, warnings: readonly string[]): Answer {
  const wanted = world.profile.get().quirks.noOutput;
  const form = NO_OUTPUT.find((known) => known === wanted) ?? world.dice.pick("no-output", NO_OUTPUT);
  if (form === "no-value") return envelope(world, call, undefined, { warnings });
  if (form === "null-value") return envelope(world, call, "null", { warnings });
  // A warning needs an envelope to be said in.
  if (form === "empty-list" || warnings.length > 0) return envelope(world, call, "[]", { warnings });
  const headers = itemHeaders(call.requestId, call.server, 200);
  if (form === "empty-body") return { status: 200, headers, body: "" };
  delete headers["Content-Type"];
  return { status: 204, headers, body: "" };
}
