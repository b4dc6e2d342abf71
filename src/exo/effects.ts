/** What a cmdlet does to the tenant, which decides what a lost reply means (design.md, decision 4). What is not listed here happens once. */
import type { Parameters } from "../job.ts";

export type Effect =
  /** Changes nothing: may be repeated freely. */
  | "read"
  /** Sets values: reading back tells whether it happened. */
  | "absolute"
  /** Adds or removes members: reading back tells, and doing it twice is harmless. */
  | "convergent"
  /** Makes something new: doing it twice makes two. */
  | "create"
  /** Starts or ends something, or is unknown: never sent again. */
  | "once";

const EFFECTS: readonly (readonly [RegExp, Effect])[] = [
  [/^(get|test)-/, "read"],
  [
    /^(add|remove)-(mailboxpermission|recipientpermission|mailboxfolderpermission|distributiongroupmember)$/,
    "convergent",
  ],
  [
    /^set-(mailbox|casmailbox|mailboxautoreplyconfiguration|mailboxfolderpermission|mailboxregionalconfiguration)$/,
    "absolute",
  ],
  [/^new-(migrationbatch|moverequest|inboxrule|mailbox)$/, "create"],
];

/** Parameters that turn a set into something that happens once. */
const ONCE = /password|wipe|purge|force/;

export function effectOf(cmdlet: string, parameters: Parameters): Effect {
  const name = cmdlet.toLowerCase();
  const effect = EFFECTS.find(([pattern]) => pattern.test(name))?.[1] ?? "once";
  if (effect !== "absolute") return effect;
  if (Object.keys(parameters).some((key) => ONCE.test(key.toLowerCase()))) return "once";
  return Object.values(parameters).some(isDelta) ? "convergent" : "absolute";
}

/** `{ add: … }` or `{ remove: … }`: a change of a list, not a new value for it. */
function isDelta(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(value).some((key) => /^(add|remove)$/i.test(key));
}
