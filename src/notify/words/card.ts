/** A message as an Adaptive Card for a workflow of Teams. Text goes into text runs, which know no markdown. Pure. */
import type { Message } from "../message.ts";
import { harmless, headline } from "./harmless.ts";
import { type Line, linesOf } from "./lines.ts";

/** Teams takes 28 KB; the rest is for what the workflow puts around it. */
const MOST_BYTES = 24_000;

/** The body of the request. */
export function cardOf(message: Message): string {
  const title = block({ text: headline(message.title), weight: "Bolder", size: "Large" });
  const left = block({ text: "…and more: see the commands of exosweep", isSubtle: true });
  const blocks = linesOf(message).map(blockOf);
  let room = MOST_BYTES - Buffer.byteLength(envelope([title, left]));
  const fitting = blocks.findIndex((each) => {
    room -= Buffer.byteLength(JSON.stringify(each)) + 1;
    return room < 0;
  });
  return envelope(fitting < 0 ? [title, ...blocks] : [title, ...blocks.slice(0, fitting), left]);
}

function envelope(body: readonly object[]): string {
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body,
  };
  return JSON.stringify({
    type: "message",
    attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content }],
  });
}

function blockOf({ is, text }: Line): object {
  const safe = harmless(text);
  if (is === "heading") return block({ text: safe, weight: "Bolder" });
  if (is === "command") return block({ text: safe, fontType: "Monospace" });
  return block({ text: safe, ...(is === "note" ? { isSubtle: true } : {}) });
}

function block(run: { readonly text: string; readonly [style: string]: unknown }): object {
  return { type: "RichTextBlock", inlines: [{ type: "TextRun", ...run }] };
}
