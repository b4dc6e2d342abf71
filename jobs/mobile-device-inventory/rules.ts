/** What deserves a look about mobile devices, and how much. Pure. */
import { UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

export const RULES: readonly Rule[] = [
  {
    id: "device-quarantined",
    severity: "medium",
    why: "the device waits for somebody to allow or block it",
    fires: (row) => row["AccessState"] === "Quarantined",
  },
  {
    id: "access-unknown",
    severity: UNKNOWN,
    why: "the answer does not say whether the device may synchronise",
    fires: (row) => row["AccessState"] === UNKNOWN || row["AccessState"] === "Unknown",
  },
  {
    id: "allowed-by-exception",
    severity: "low",
    why: "the device is allowed for its owner alone, whatever the rules of the tenant say",
    fires: (row) => row["AccessState"] === "Allowed" && row["AccessStateReason"] === "Individual",
  },
  {
    id: "owner-unknown",
    severity: "low",
    why: "the device hangs below somebody the tenant does not have any more",
    fires: (row) => row["MailboxId"] === null,
  },
  {
    id: "device-blocked",
    severity: "info",
    why: "the device may not synchronise, and is still on record",
    fires: (row) => row["AccessState"] === "Blocked",
  },
];
