/** What deserves a look about mailboxes without a person (`peers.md` 3c, SW08), and how much. Pure. */
import type { Row } from "../../src/job/index.ts";
import { UNKNOWN } from "../common/cells.ts";
import type { Rule } from "../common/rules.ts";

/** @param expected addresses in lower case */
export function rulesFor(expected: readonly string[]): readonly Rule[] {
  const isExpected = (row: Row): boolean =>
    expected.includes(String(row["MailboxPrimarySmtp"] ?? "").toLowerCase());
  const isOpen = (row: Row): boolean => row["SignIn"] === "allowed" && !isExpected(row);
  const isShared = (row: Row): boolean => row["MailboxType"] === "shared";
  return [
    {
      id: "shared-sign-in",
      severity: "high",
      why: "the account of a shared mailbox can sign in, with a password that several people know and nobody changes",
      parameters: ["expected"],
      fires: (row) => isOpen(row) && isShared(row),
    },
    {
      id: "unlicensed-sign-in",
      severity: "high",
      why: "a shared mailbox is used by signing in to it, which needs a licence that it does not have",
      parameters: ["expected"],
      fires: (row) => isOpen(row) && isShared(row) && row["Licensed"] === false,
    },
    {
      id: "resource-sign-in",
      severity: "high",
      why: "the account of a room or of equipment can sign in, and it was not named as one that has to",
      parameters: ["expected"],
      fires: (row) => isOpen(row) && !isShared(row),
    },
    {
      id: "sign-in-unknown",
      severity: UNKNOWN,
      why: "the answer does not say whether the account can sign in",
      fires: (row) => row["SignIn"] === UNKNOWN,
    },
    {
      id: "expected-sign-in",
      severity: "info",
      why: "the account can sign in, and was named as one that has to",
      parameters: ["expected"],
      fires: (row) => row["SignIn"] === "allowed" && isExpected(row),
    },
  ];
}
