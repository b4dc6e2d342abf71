/** What deserves a look about auditing (`peers.md` 3c, SW06 and SW07), and how much. Pure. */
import type { Row } from "../../src/job/index.ts";
import { JOINT, UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

const WHOLE_SET = ["Admin", "Delegate", "Owner"];

export const RULES: readonly Rule[] = [
  {
    id: "audit-bypassed",
    severity: "critical",
    why: "nothing this account does is recorded in any mailbox, its own or another's",
    fires: (row) => row["Kind"] === "bypass",
  },
  {
    id: "tenant-audit-off",
    severity: "critical",
    why: "auditing is switched off for the whole tenant",
    fires: (row) => row["Kind"] === "tenant" && row["Audit"] === "off",
  },
  {
    id: "audit-off",
    severity: "medium",
    why: "auditing is switched off for the mailbox, which counts as soon as the tenant's default is off",
    fires: (row) => row["Kind"] === "settings" && row["Audit"] === "off",
  },
  {
    id: "audit-actions-chosen",
    severity: "medium",
    why: "somebody has chosen what is recorded, so the actions that Microsoft has added to its default since may be missing",
    fires: (row) => row["Kind"] === "settings" && isTrimmed(row),
  },
  {
    id: "audit-unknown",
    severity: UNKNOWN,
    why: "the answer does not say whether auditing is on, or what is recorded",
    fires: (row) => row["Audit"] === UNKNOWN || row["DefaultAuditSet"] === UNKNOWN,
  },
];

/** Not all that Microsoft would record is recorded. */
export function isTrimmed(row: Row): boolean {
  const set = row["DefaultAuditSet"];
  if (set === UNKNOWN) return false;
  const kinds = String(set ?? "").split(JOINT);
  return !WHOLE_SET.every((kind) => kinds.includes(kind));
}
