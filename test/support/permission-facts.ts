/** Who holds what, as rows of the permission audit and the emulator's organisation can both state it. */
import type { GrantorSort, Organisation } from "../../src/emulator/cmdlet.ts";
import { type FoundRow, GRANTOR_TYPES, type TargetType } from "../../src/job/index.ts";
import { DEFAULT_TYPES } from "../../src/runs/index.ts";

/** All that the audit can be about. */
export const EVERY_TYPE: readonly TargetType[] = [...DEFAULT_TYPES, "group", ...GRANTOR_TYPES];

export function fact(...parts: readonly unknown[]): string {
  return parts.join(" | ").toLowerCase();
}

/** Of rows about people in groups there is none; a trustee without a known SID is nobody. */
export function heldFacts(rows: readonly FoundRow[]): string[] {
  return rows
    .filter(({ row }) => row["TrusteeClass"] !== "group-member")
    .map(({ noise, row }) => {
      const sid = row["TrusteeSid"] === "unknown" ? "" : (row["TrusteeSid"] ?? "");
      return fact(row["MailboxId"], row["Right"], row["Allow"], row["Inherited"], sid, noise ?? "");
    });
}

export function heldTruth(emulated: Organisation, sorts?: readonly GrantorSort[]): string[] {
  return [...emulated.truth(sorts)].map((known) =>
    fact(known.mailboxGuid, known.right, known.allow, known.inherited, known.trusteeSid, known.noise),
  );
}
