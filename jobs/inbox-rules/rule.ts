/** An inbox rule as sweeps see it: where it sends mail, what it hides, and whether it hides itself. Pure; `exo-protocol.md` 10.13. */
import { UnusableReply } from "../../src/job/index.ts";
import type { CmdletReply, ExoRow } from "../../src/job/index.ts";
import { complete, flagAt, textAt, textsAt } from "../common/answers.ts";

export const INBOX_RULES = "Get-InboxRule";

/** Actions that send mail on, and what they are called here. */
const SENDING = {
  ForwardTo: "forward",
  RedirectTo: "redirect",
  ForwardAsAttachmentTo: "forward-as-attachment",
} as const;
export type SendingAction = (typeof SENDING)[keyof typeof SENDING];

/** Everything a rule can ask of a message. A rule without any of it is about all mail. */
const CONDITIONS = [
  "BodyContainsWords",
  "FlaggedForAction",
  "From",
  "FromAddressContainsWords",
  "FromSubscription",
  "HasAttachment",
  "HasClassification",
  "HeaderContainsWords",
  "MessageTypeMatches",
  "MyNameInCcBox",
  "MyNameInToBox",
  "MyNameInToOrCcBox",
  "MyNameNotInToBox",
  "ReceivedAfterDate",
  "ReceivedBeforeDate",
  "RecipientAddressContainsWords",
  "SentOnlyToMe",
  "SentTo",
  "SubjectContainsWords",
  "SubjectOrBodyContainsWords",
  "WithImportance",
  "WithSensitivity",
  "WithinSizeRangeMaximum",
  "WithinSizeRangeMinimum",
] as const;

/** Rules that Exchange keeps for itself in every mailbox; only a caller who asks for hidden ones gets them. */
const SYSTEM_NAME = /^(Junk E-?mail Rule|Microsoft\.Exchange\.OOF\..*)$/i;

export interface InboxRule {
  /** RuleIdentity, exact: immutable. */
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly sends: readonly { readonly action: SendingAction; readonly target: string }[];
  /** Deletes, also without a trace. */
  readonly deletes: boolean;
  /** Empty when it moves nothing. */
  readonly movesTo: string;
  readonly marksRead: boolean;
  /** Names of the conditions that are set. */
  readonly conditions: readonly string[];
  /** By its name one of the service's own, and harmless like these: a rule of that name that does something is somebody else's. */
  readonly isSystem: boolean;
}

/** @throws {UnusableReply} when the answer is incomplete, or a rule cannot be told from others */
export function rulesIn(reply: CmdletReply): readonly InboxRule[] {
  return complete(INBOX_RULES, reply).rows.map((row) => ruleIn(row, reply));
}

function ruleIn(row: ExoRow, reply: CmdletReply): InboxRule {
  const told = { cmdlet: INBOX_RULES, answer: reply };
  const name = textAt(row, "Name");
  const sends = Object.entries(SENDING).flatMap(([property, action]) =>
    textsAt(row, property).map((target) => ({ action, target })),
  );
  const deletes = flagAt(row, "DeleteMessage", told) || flagAt(row, "SoftDeleteMessage", told);
  const movesTo = textAt(row, "MoveToFolder");
  return {
    id: idOf(row, reply),
    name,
    enabled: flagAt(row, "Enabled", told),
    sends,
    deletes,
    movesTo,
    marksRead: flagAt(row, "MarkAsRead", told),
    conditions: CONDITIONS.filter((condition) => isSet(row[condition])),
    isSystem: SYSTEM_NAME.test(name) && sends.length === 0 && !deletes && movesTo === "",
  };
}

/** A number beyond 2^53 comes as `bigint`; some answers have it in the Identity alone. */
function idOf(row: ExoRow, reply: CmdletReply): string {
  const id = row["RuleIdentity"];
  if (typeof id === "bigint" || typeof id === "number") return String(id);
  const words = typeof id === "string" && id !== "" ? id : /\\(\d+)$/.exec(textAt(row, "Identity"))?.[1];
  if (words === undefined) throw new UnusableReply(INBOX_RULES, "a rule has no identity", reply.requestId);
  return words;
}

function isSet(value: ExoRow[string] | undefined): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "" && value !== false && value !== "False";
}
