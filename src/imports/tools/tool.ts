/** What a tool's file looks like, and what one of its lines tells. */
import { MAILBOX_TYPES, type MailboxType, type PrincipalType, type ToldGrant } from "../../job/index.ts";
import type { Headers } from "../../reports/index.ts";

/** A mailbox as a file names it. Empty texts where it does not say. */
export interface ToldMailbox {
  /** ExchangeGuid. */
  readonly id: string;
  readonly address: string;
  readonly displayName: string;
  readonly type: MailboxType | "other";
  readonly softDeleted: boolean;
}

/** What a line tells: `grants` of a mailbox (none: it was read, and nobody holds any), something that is not imported, or nothing that can be read. */
export type ToldLine =
  | { readonly is: "told"; readonly mailbox: ToldMailbox; readonly grants: readonly ToldGrant[] }
  | { readonly is: "left"; readonly what: string }
  | { readonly is: "bad"; readonly expected: string; readonly mailbox?: ToldMailbox };

/** Kinds of rights a run is asked for, as the parameter `rights` of the audit has them. */
export const RIGHTS = ["full-access", "send-as", "send-on-behalf"] as const;
export type Rights = (typeof RIGHTS)[number];

/** What a tool leaves out, although it may be so: rows of this kind are unknown, not gone. */
export interface Limits {
  /** It tells of denied rights, too. */
  readonly denied: boolean;
  readonly inherited: boolean;
  /** Of holders without an address, too. */
  readonly withoutAddress: boolean;
  /** Lower case; null for every right there is. */
  readonly rights: readonly string[] | null;
}

export interface Tool {
  readonly as: Headers;
  /** What people call it. */
  readonly called: string;
  /** Columns its files must have; in the letters it writes them. */
  readonly needs: readonly string[];
  /** Why files with these columns are of the tool, but cannot be imported. */
  readonly refuses?: string;
  /** What it always reads, whether or not a file has a row of it. */
  readonly always: readonly Rights[];
  readonly limits: Limits;
  /** @param cell by the column's name; empty for one the file does not have */
  read(cell: (column: string) => string): ToldLine;
}

const ADDRESS = /^[^\s@<>"]+@[^\s@<>"]+$/;

export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/** In lower case, without braces; empty for what is none, or the one that means nobody. */
export function guidIn(text: string): string {
  const guid = /^\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?$/i.exec(text.trim())?.[1] ?? "";
  return /^[0-]*$/.test(guid) ? "" : guid.toLowerCase();
}

const MAILBOX_TYPES_BY_DETAILS: ReadonlyMap<string, MailboxType> = new Map([
  ...MAILBOX_TYPES.map((type) => [`${type}mailbox`, type] as const),
  // As our own export writes the mailbox of a Microsoft 365 group.
  ["group", "group"],
]);

/** By RecipientTypeDetails, also behind RecipientType and a slash; undefined for what is no mailbox. An empty one may be any mailbox. */
export function mailboxTypeOf(text: string): MailboxType | "other" | undefined {
  const details = detailsOf(text);
  const known = MAILBOX_TYPES_BY_DETAILS.get(details);
  if (known !== undefined) return known;
  if (details === "publicfoldermailbox") return undefined;
  return details === "" || details === "other" || details.endsWith("mailbox") ? "other" : undefined;
}

/** As `mailboxTypeOf`; empty when the text says nothing. */
export function principalTypeOf(text: string): PrincipalType | "" {
  const details = detailsOf(text);
  if (details === "") return "";
  const type = MAILBOX_TYPES_BY_DETAILS.get(details);
  if (type !== undefined) return type === "scheduling" ? "other" : type;
  if (details.includes("guest")) return "guest";
  if (details.includes("group")) return "group";
  if (details.includes("contact")) return "contact";
  if (details === "mailuser" || details === "mail-user") return "mail-user";
  return details === "user" || details === "linkedmailbox" || details === "disableduser" ? "user" : "other";
}

function detailsOf(text: string): string {
  return text
    .slice(text.lastIndexOf("/") + 1)
    .trim()
    .toLowerCase();
}

/** `True`, `False` and what people make of them; undefined for anything else. */
export function truthIn(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  return word === "true" ? true : word === "false" ? false : undefined;
}

/** The kind of rights that one belongs to. */
export function rightsOf(right: string): Rights {
  const word = right.toLowerCase();
  return word === "sendas" ? "send-as" : word === "sendonbehalf" ? "send-on-behalf" : "full-access";
}
