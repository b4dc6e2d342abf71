/** A message as a mail: subject, plain text, and HTML without anything that is fetched. Pure. */
import type { Message } from "../message.ts";
import { harmless, headline, html } from "./harmless.ts";
import { type Line, linesOf } from "./lines.ts";

export interface Mail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

export function mailOf(message: Message): Mail {
  const lines = linesOf(message);
  const subject = headline(message.title);
  return {
    subject,
    text: [subject, "", ...lines.map(textOf), ""].join("\n"),
    html: [
      '<!doctype html><html><body style="font-family:sans-serif">',
      `<h2>${html(subject)}</h2>`,
      ...lines.map(elementOf),
      "</body></html>",
    ].join("\n"),
  };
}

function textOf({ is, text }: Line): string {
  const safe = harmless(text);
  if (is === "heading") return `\n${safe}`;
  return is === "item" || is === "command" ? `  ${safe}` : safe;
}

function elementOf({ is, text }: Line): string {
  const safe = html(text);
  if (is === "heading") return `<h3>${safe}</h3>`;
  if (is === "item") return `<div style="margin-left:1em">${safe}</div>`;
  return is === "command" ? `<p><code>${safe}</code></p>` : `<p>${safe}</p>`;
}
