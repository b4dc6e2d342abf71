/** Inbox rules that hide mail or hide themselves, as intruders leave them behind; `peers.md` 3c, SW11. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { FoundRow, Row } from "../src/job/index.ts";
import {
  JOINT,
  LAST_COLUMNS,
  MAILBOX_COLUMNS,
  mailboxCells,
  mailboxWords,
  originCells,
} from "./common/cells.ts";
import { judgeBy } from "./common/rules.ts";
import { readRules } from "./inbox-rules/read.ts";
import { INBOX_RULES } from "./inbox-rules/rule.ts";
import { RULES } from "./inbox-rules/rules.ts";

/** Id of the rule that hides what Exchange keeps for itself. */
const SYSTEM = "IR1";

export const inboxRuleSweep = defineJob({
  name: "inbox-rule-sweep",
  summary: "Lists the inbox rules of each mailbox, and which of them hide mail or themselves",
  writes: false,
  params: z.strictObject({}),
  columns: [
    ...MAILBOX_COLUMNS,
    "RuleId",
    "RuleName",
    "Enabled",
    "Hidden",
    "Conditions",
    "Deletes",
    "MovesTo",
    "MarksRead",
    "SendsTo",
    ...LAST_COLUMNS,
  ],
  columnTypes: {
    Enabled: "boolean",
    Hidden: "boolean",
    Deletes: "boolean",
    MarksRead: "boolean",
  },
  cmdlets: [{ cmdlet: INBOX_RULES, role: "View-Only Organization Management", per: "target" }],
  naiveCallsPerTarget: 1,
  bulk: [],
  async perform(context): Promise<readonly FoundRow[]> {
    const { rules, reply } = await readRules(context, () => true);
    return rules.map((rule) => ({
      about: context.line,
      ...(rule.isSystem && { noise: SYSTEM }),
      row: {
        ...mailboxCells(context.mailbox),
        RuleId: rule.id,
        RuleName: rule.name || null,
        Enabled: rule.enabled,
        Hidden: rule.hidden,
        Conditions: rule.conditions.join(JOINT) || null,
        Deletes: rule.deletes,
        MovesTo: rule.movesTo || null,
        MarksRead: rule.marksRead,
        SendsTo: rule.sends.map(({ action, target }) => `${action}: ${target}`).join(JOINT) || null,
        ...originCells(context, reply, INBOX_RULES),
      },
    }));
  },
  judge: () => judgeBy(RULES),
  rules: RULES,
  noiseRules: {
    [SYSTEM]: "rules that Exchange keeps for itself in every mailbox, and that do nothing to mail",
  },
  headline,
  comparison: {
    key: ["RuleId"],
    facts: ["RuleName", "Enabled", "Hidden", "Conditions", "Deletes", "MovesTo", "MarksRead", "SendsTo"],
  },
});

function headline(row: Row): string {
  const name = row["RuleName"] === null ? "a rule without a name" : `the rule "${String(row["RuleName"])}"`;
  const does = [
    ...(row["Deletes"] === true ? ["deletes"] : []),
    ...(row["MovesTo"] === null ? [] : [`moves to ${String(row["MovesTo"])}`]),
    ...(row["SendsTo"] === null ? [] : ["sends on"]),
  ].join(", ");
  const mail = row["Conditions"] === null ? "all mail" : "some mail";
  return `${mailboxWords(row)} has ${name}${does === "" ? "" : ` (${does}: ${mail})`}`;
}
