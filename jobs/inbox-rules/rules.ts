/** What deserves a look about an inbox rule, and how much; `peers.md` 3c, SW11. Pure. */
import type { Row } from "../../src/job/index.ts";
import type { Rule } from "../common/rules.ts";

/** Folders nobody opens, in the languages we know. Intruders move their victim's answers there. */
const UNREAD =
  /\brss\b|conversation history|unterhaltungsverlauf|historique des conversations|sync issues|synchronisierungsprobleme|problèmes de synchronisation/i;
const DELETED = /deleted items|gelöschte elemente|éléments supprimés|elementos eliminados|posta eliminata/i;

export const RULES: readonly Rule[] = [
  {
    id: "hidden-rule",
    severity: "critical",
    why: "its owner cannot see the rule, and it is none of Exchange's own",
    fires: (row) => row["Hidden"] === true,
  },
  {
    id: "deletes-all-mail",
    severity: "critical",
    why: "every message is deleted unseen",
    fires: (row) => row["Enabled"] === true && row["Conditions"] === null && deletes(row),
  },
  {
    id: "moves-mail-out-of-sight",
    severity: "critical",
    why: "messages go to a folder that nobody opens",
    fires: (row) => row["Enabled"] === true && UNREAD.test(String(row["MovesTo"] ?? "")),
  },
  {
    id: "name-says-nothing",
    severity: "high",
    why: "the rule has no name, or one of punctuation only, as those made by a script to be overlooked",
    fires: (row) => row["Enabled"] === true && !/[\p{L}\p{N}]/u.test(String(row["RuleName"] ?? "")),
  },
  {
    id: "deletes-some-mail",
    severity: "low",
    why: "messages of some kind are deleted unseen",
    fires: (row) => row["Enabled"] === true && row["Conditions"] !== null && deletes(row),
  },
];

function deletes(row: Row): boolean {
  return row["Deletes"] === true || DELETED.test(String(row["MovesTo"] ?? ""));
}
