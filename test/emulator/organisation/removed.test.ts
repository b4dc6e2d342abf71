import { expect, test } from "vitest";
import { createOrganisation } from "../../../src/emulator/organisation/index.ts";

const OPTIONS = {
  tenantId: "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e",
  domain: "contoso.onmicrosoft.com",
  mailboxes: 50,
  seed: 3,
};

test("a mailbox that was deleted is found by nobody, listed nowhere, and no part of the truth", () => {
  const organisation = createOrganisation(OPTIONS);
  const [victim = "", ...others] = organisation.targets();
  expect([...organisation.truth()].some(({ mailboxGuid }) => mailboxGuid === victim)).toBe(true);
  expect(organisation.remove(victim)).toBe(true);
  expect(organisation.remove(victim)).toBe(false);
  expect([...organisation.targets()]).toEqual(others);
  expect(organisation.factsAbout(victim)).toEqual([]);
  expect([...organisation.truth()].some(({ mailboxGuid }) => mailboxGuid === victim)).toBe(false);
});
