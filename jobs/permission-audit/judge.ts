/** Turns stored rows into the rows people see: doubles merged, findings added. Keeps one number per trustee that holds FullAccess, no rows. */
import {
  type FoundRow,
  type GroupReach,
  isGrantorType,
  type Judge,
  type Reaches,
  type Row,
} from "../../src/job/index.ts";
import { reachCells } from "../common/groups/reach-cells.ts";
import { isRowOfGroup, textOf } from "./columns.ts";
import { findingsOf, isAllowed } from "./findings.ts";
import { mergeDoubles, trusteeKey } from "./merge.ts";

export interface Thresholds {
  /** A trustee with FullAccess on more mailboxes than this is a hub. */
  readonly hubMailboxes: number;
  /** And so is one with FullAccess on more of the run's mailboxes than this share, in percent. */
  readonly hubPercent: number;
  /** Addresses or ids of mailboxes that matter more than others, in lower case. */
  readonly sensitive: readonly string[];
  /** A group that brings in more people than this is large. */
  readonly manyPeople: number;
}

/** Below this a share means nothing: in a tenant of twenty, one mailbox is five percent. */
const LEAST_HUB = 5;

export function auditJudge(thresholds: Thresholds, reaches: Reaches = new Map()): Judge {
  const sensitive = new Set(thresholds.sensitive);
  const fullAccessOn = new Map<string, number>();
  let mailboxes = 0;

  const isHub = (count: number): boolean =>
    count > thresholds.hubMailboxes ||
    (count >= LEAST_HUB && count * 100 > thresholds.hubPercent * mailboxes);

  return {
    observe(rows) {
      if (!isOfMailbox(rows)) return;
      mailboxes += 1;
      for (const holder of fullAccessHolders(rows))
        fullAccessOn.set(holder, (fullAccessOn.get(holder) ?? 0) + 1);
    },
    report(rows) {
      const holders = fullAccessHolders(rows);
      return mergeDoubles(rows).map(({ about, noise, row }) => {
        if (noise !== undefined) return { about, noise, row: withReach(row, reachOf(reaches, row)) };
        const trustee = trusteeKey(row);
        const count = fullAccessOn.get(trustee) ?? 0;
        const reach = reachOf(reaches, row);
        const findings = findingsOf({
          row,
          reach,
          manyPeople: thresholds.manyPeople,
          fullAccessOn: count,
          isHub: isHub(count),
          hasFullAccess: holders.has(trustee),
          isSensitive: isNamed(sensitive, row),
        });
        return { about, row: withReach(row, reach), findings };
      });
    },
  };
}

function reachOf(reaches: Reaches, row: Row): GroupReach | undefined {
  return isGroup(row) ? reaches.get(textOf(row, "TrusteeId").toLowerCase()) : undefined;
}

/** Rows of older runs have no such cells, and `unknown` for what a group goes through. */
function withReach(row: Row, reach: GroupReach | undefined): Row {
  return isGroup(row) ? { ...row, ViaGroup: null, GroupPath: null, ...reachCells(reach) } : row;
}

function isGroup(row: Row): boolean {
  return row["TrusteeClass"] === "group";
}

/** Groups cannot be opened, and deleted mailboxes not any more: they make no hub. */
function isOfMailbox([first]: readonly FoundRow[]): boolean {
  return first === undefined || !isGrantorType(textOf(first.row, "MailboxType"));
}

/** Who can open this mailbox, hidden rows aside, and rows that only some runs have. */
function fullAccessHolders(rows: readonly FoundRow[]): ReadonlySet<string> {
  const holders = new Set<string>();
  // Asked of every row of a tenant, twice.
  for (const { noise, row } of rows)
    if (noise === undefined && isAllowed(row, "fullaccess") && !isRowOfGroup(row))
      holders.add(trusteeKey(row));
  return holders;
}

function isNamed(sensitive: ReadonlySet<string>, row: Row): boolean {
  return (["MailboxPrimarySmtp", "MailboxId"] as const).some((column) =>
    sensitive.has(textOf(row, column).toLowerCase()),
  );
}
