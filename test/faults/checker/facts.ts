/** Permissions as both sides state them: what an export says, and what the emulator's organisation is. */
import { readExport } from "./csv.ts";
import type { Fact } from "./evidence.ts";

/** One line of `GET /__emulator/tenants/…/truth`. */
interface True {
  readonly mailboxGuid: string;
  readonly trusteeSid: string;
  readonly trusteeId: string;
  readonly right: string;
  readonly allow: boolean;
}

/** @param text one JSON object a line */
export function readTruth(text: string): readonly Fact[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as True)
    .map(({ mailboxGuid, trusteeSid, trusteeId, right, allow }) =>
      fact(mailboxGuid, trusteeSid || trusteeId, right, allow),
    );
}

export async function readExportedFacts(path: string): Promise<readonly Fact[]> {
  const known = (text: string | undefined): string => (text === undefined || text === "unknown" ? "" : text);
  return (await readExport(path)).map((row) =>
    fact(
      known(row.get("MailboxId")),
      known(row.get("TrusteeSid")) || known(row.get("TrusteeId")),
      known(row.get("Right")),
      row.get("Allow")?.toLowerCase() === "true",
    ),
  );
}

function fact(mailbox: string, trustee: string, right: string, allow: boolean): Fact {
  return `${mailbox} ${trustee} ${right} ${allow ? "allow" : "deny"}`.toLowerCase();
}
