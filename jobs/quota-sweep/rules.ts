/** What deserves a look about limits (`peers.md` 3c, SW12), and how much. Pure. */
import type { Row } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

export interface Thresholds {
  readonly warnPercent: number;
  readonly fullPercent: number;
}

export function rulesFor({ warnPercent, fullPercent }: Thresholds): readonly Rule[] {
  const isFull = (row: Row, store: string): boolean => row["Store"] === store && shareOf(row) >= fullPercent;
  const fills = (row: Row, store: string): boolean =>
    row["Store"] === store && shareOf(row) >= warnPercent && shareOf(row) < fullPercent;
  return [
    {
      id: "mailbox-full",
      severity: "medium",
      why: "the mailbox is as good as full, and soon neither sends nor receives",
      parameters: ["fullPercent"],
      fires: (row) => isFull(row, "mailbox"),
    },
    {
      id: "mailbox-fills-up",
      severity: "medium",
      why: "little room is left in the mailbox",
      parameters: ["warnPercent", "fullPercent"],
      fires: (row) => fills(row, "mailbox"),
    },
    {
      id: "recoverable-items-full",
      severity: "medium",
      why: "recoverable items are close to their limit, after which nothing can be deleted, and holds are at risk",
      parameters: ["warnPercent"],
      fires: (row) => row["Store"] === "recoverable-items" && shareOf(row) >= warnPercent,
    },
    {
      id: "archive-full",
      severity: "medium",
      why: "the archive is as good as full, so that old mail stays in the mailbox",
      parameters: ["fullPercent"],
      fires: (row) => isFull(row, "archive") && row["AutoExpanding"] !== true,
    },
    {
      id: "archive-fills-up",
      severity: "medium",
      why: "little room is left in the archive",
      parameters: ["warnPercent", "fullPercent"],
      fires: (row) => fills(row, "archive") && row["AutoExpanding"] !== true,
    },
    {
      id: "share-unknown",
      severity: UNKNOWN,
      why: "either the size or the limit could not be read",
      fires: (row) => row["Percent"] === UNKNOWN,
    },
  ];
}

function shareOf(row: Row): number {
  const share = row["Percent"];
  return typeof share === "number" ? share : 0;
}
