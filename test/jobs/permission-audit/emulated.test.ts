import { expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import type { Organisation } from "../../../src/emulator/cmdlet.ts";
import type { FoundRow, Row } from "../../../src/job/index.ts";
import { organisation, runEmulated } from "../../support/emulated-run.ts";

/** A fact as both sides can state it; a trustee without a known SID is nobody. */
function factsOf(rows: readonly FoundRow[]): string[] {
  return rows.map(({ noise, row }) =>
    fact(row["MailboxId"], row["Right"], row["Allow"], row["Inherited"], sidOf(row), noise ?? ""),
  );
}

function truthOf(emulated: Organisation): string[] {
  return [...emulated.truth()].map((known) =>
    fact(known.mailboxGuid, known.right, known.allow, known.inherited, known.trusteeSid, known.noise),
  );
}

function fact(...parts: readonly unknown[]): string {
  return parts.join(" | ").toLowerCase();
}

function sidOf(row: Row): unknown {
  return row["TrusteeSid"] === "unknown" ? "" : (row["TrusteeSid"] ?? "");
}

test.each([
  ["bulk reads", 600, 0, false],
  ["bulk reads of an old tenant", 120, 0, true],
  ["reads per mailbox", 80, 100, false],
])("%s find exactly the emulator's truth, noise told apart", async (_how, mailboxes, smallScope, legacy) => {
  const emulated = organisation(mailboxes, { legacy });
  const { rows } = await runEmulated(permissionAudit, emulated, { smallScope });
  const [found, truth] = [new Set(factsOf(rows)), new Set(truthOf(emulated))];
  expect([...found].filter((known) => !truth.has(known))).toEqual([]);
  expect([...truth].filter((known) => !found.has(known))).toEqual([]);
  expect(rows).toHaveLength(truth.size);
});

test("a whole tenant's SendAs costs a call for each doubtful name, not one a mailbox", async () => {
  const { calls } = await runEmulated(permissionAudit, organisation(600));
  expect(calls.get("Get-MailboxPermission")).toBe(600);
  expect(calls.get("Get-RecipientPermission")).toBeLessThan(60);
});
