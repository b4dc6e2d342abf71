/** A planned write: what may be one, and the digest by which it is known in plan, journal and export. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { isSlow } from "../exo/index.ts";
import type { Change, ParameterValue } from "../job/index.ts";

const valueSchema: z.ZodType<ParameterValue> = z.lazy(() =>
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.array(valueSchema),
    z.record(z.string(), valueSchema),
  ]),
);

export const changeSchema = z.strictObject({
  cmdlet: z.string().regex(/^[A-Za-z]{2,20}-[A-Za-z0-9]{2,60}$/, "expected a cmdlet such as Set-Mailbox"),
  parameters: z.record(z.string().regex(/^[A-Za-z]\w{0,63}$/, "expected names of parameters"), valueSchema),
});

const FOLDER = /-mailboxfolderpermission$/i;
/** Cmdlets whose `Identity` is a group or a rule, and the parameter that is the mailbox (`addressed.ts`). */
const OTHER_SUBJECT: readonly (readonly [RegExp, string])[] = [
  [/-distributiongroupmember$/i, "member"],
  [/-(inboxrule|sweeprule)$/i, "mailbox"],
];

/** Why a plan must not have this write; undefined when it may. */
export function refusalOf({ cmdlet, parameters }: Change): string | undefined {
  if (/^(get|test)-/i.test(cmdlet)) return `${cmdlet} changes nothing: reading is the business of other jobs`;
  if (isSlow(cmdlet)) return `${cmdlet} may take longer than a lost answer is waited for: run it by hand`;
  const subject = OTHER_SUBJECT.find(([pattern]) => pattern.test(cmdlet))?.[1] ?? "identity";
  const names = new Set<string>();
  for (const [name, value] of Object.entries(parameters)) {
    const key = name.toLowerCase();
    if (names.has(key)) return `${name} is there twice, in two casings`;
    names.add(key);
    if (key === "whatif") return "WhatIf has no place in a plan: the plan itself is what would be done";
    if (key === "confirm" && value !== false)
      return "Confirm would only ask (exo-protocol.md 4.4): leave it out, or set it to false";
    if (key !== subject) continue;
    if (!FOLDER.test(cmdlet)) return `${name} is filled in with the mailbox: leave it out`;
    if (typeof value !== "string" || !value.startsWith(":"))
      return `${name} names a folder of the mailbox: write it like ":\\Calendar"`;
  }
  return undefined;
}

/** SHA-256, hex: the same for the same write, however its parameters are ordered and its cmdlet is spelt. */
export function digestOf(change: Change, mailboxId: string): string {
  const text = canonical([change.cmdlet.toLowerCase(), mailboxId, change.parameters]);
  return createHash("sha256").update(text).digest("hex");
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
