import { expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { organisation, runEmulated } from "../../support/emulated-run.ts";
import { heldFacts, heldTruth } from "../../support/permission-facts.ts";

test.each([
  ["bulk reads", 600, 0, false],
  ["bulk reads of an old tenant", 120, 0, true],
  ["reads per mailbox", 80, 100, false],
])("%s find exactly the emulator's truth, noise told apart", async (_how, mailboxes, smallScope, legacy) => {
  const emulated = organisation(mailboxes, { legacy });
  const { rows } = await runEmulated(permissionAudit, emulated, { smallScope });
  const [found, truth] = [new Set(heldFacts(rows)), new Set(heldTruth(emulated))];
  expect([...found].filter((known) => !truth.has(known))).toEqual([]);
  expect([...truth].filter((known) => !found.has(known))).toEqual([]);
  expect(rows).toHaveLength(truth.size);
});

test("a whole tenant's SendAs costs a call for each doubtful name, not one a mailbox", async () => {
  const { calls } = await runEmulated(permissionAudit, organisation(600));
  expect(calls.get("Get-MailboxPermission")).toBe(600);
  expect(calls.get("Get-RecipientPermission")).toBeLessThan(60);
});
