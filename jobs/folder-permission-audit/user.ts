/** Whom an entry of a folder is for, as far as the answer itself says. Pure. */
import type { ExoRow, ExoValue } from "../../src/job/index.ts";
import { textAt } from "../common/answers.ts";

/** What Exchange itself knows an entry's user to be; words of no language (`exo-protocol.md` 1.4). */
const TYPES = ["default", "anonymous", "internal", "external", "unknown"] as const;
type UserType = (typeof TYPES)[number];

export interface ShownUser {
  /** A display name, an address, or what some language calls a special user. */
  readonly text: string;
  /** Undefined where the answer has the text only, as over JSON (`exo-protocol.md` 10.8). */
  readonly type: UserType | undefined;
  /** What a person is known by beside the name; empty where the answer does not say. */
  readonly address: string;
}

/** `User` is a text or an object; the answers of `Get-EXO*` have the object beside the text. */
export function shownUser(row: ExoRow): ShownUser {
  const facts = objectAt(row, "MailboxFolderUser") ?? objectAt(row, "User") ?? {};
  const principal = objectAt(facts, "RecipientPrincipal") ?? {};
  return {
    text: textAt(row, "User") || textAt(facts, "DisplayName"),
    type: typeIn(facts["UserType"]),
    address: textAt(facts, "UserPrincipalName") || textAt(principal, "PrimarySmtpAddress"),
  };
}

/** Texts that are no names, in every language: accounts of the mailbox itself, whoever reads a published calendar, and SIDs. */
export function textKind(text: string): "local" | "published" | "sid" | undefined {
  if (/^(owner|member)@local$/i.test(text.trim())) return "local";
  if (/^ExchangePublishedUser\./i.test(text.trim())) return "published";
  return sidIn(text) === undefined ? undefined : "sid";
}

export function sidIn(text: string): string | undefined {
  return /S-1-5-21(-\d+)+/i.exec(text)?.[0];
}

function objectAt(row: ExoRow, name: string): ExoRow | undefined {
  const value = row[name];
  return isObject(value) ? value : undefined;
}

function isObject(value: ExoValue | undefined): value is ExoRow {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** A word, or an object that has it as its value. */
function typeIn(value: ExoValue | undefined): UserType | undefined {
  const word = isObject(value) ? textAt(value, "Value") : typeof value === "string" ? value : "";
  return TYPES.find((type) => type === word.trim().toLowerCase());
}
