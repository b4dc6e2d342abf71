/** A part of a mailbox that has a limit of its own, as one source tells of it. */
import type { FoundRow, Mailbox, Row } from "../../src/job/index.ts";
import { type Origin, UNKNOWN, mailboxCells, originCells } from "../common/cells.ts";

export type Store = "mailbox" | "recoverable-items" | "archive";

/** What one source does not tell is `unknown` until the other one does. */
const NOT_TOLD: Row = {
  Opened: UNKNOWN,
  Items: UNKNOWN,
  UsedBytes: UNKNOWN,
  QuotaBytes: UNKNOWN,
  Percent: UNKNOWN,
  AutoExpanding: UNKNOWN,
};

export interface About {
  readonly origin: Origin;
  readonly line: number;
  readonly mailbox: Mailbox;
  readonly answer: { readonly sentAtMs: number };
  readonly source: string;
}

export function storeRow(
  { origin, line, mailbox, answer, source }: About,
  store: Store,
  told: Row,
): FoundRow {
  return {
    about: line,
    row: {
      ...mailboxCells(mailbox),
      Store: store,
      ...NOT_TOLD,
      ...told,
      ...originCells(origin, answer, source),
    },
  };
}
