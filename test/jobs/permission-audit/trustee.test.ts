import { expect, test } from "vitest";
import type { Grant } from "../../../jobs/permission-audit/grant.ts";
import { resolveTrustee } from "../../../jobs/permission-audit/trustee.ts";
import type { Mailbox, Principal } from "../../../src/job/index.ts";
import { aMailbox, aPrincipal, guid } from "../../support/perform-job.ts";

const ORPHAN = "S-1-5-21-9-9-9-1234";

async function resolve(
  grant: Partial<Grant>,
  principals: readonly Principal[] = [],
  mailbox: Mailbox = aMailbox(),
) {
  const counts: Record<string, number> = {};
  const directory = {
    find: async (key: string) =>
      principals.filter((principal) =>
        [
          principal.sid,
          principal.id,
          principal.userPrincipalName,
          principal.primarySmtp,
          principal.displayName,
          principal.name,
        ].some((known) => known.toLowerCase() === key.toLowerCase()),
      ),
  };
  const count = (name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const trustee = await resolveTrustee(directory, count, mailbox, {
    source: "Get-MailboxPermission",
    readAtMs: 0,
    right: "FullAccess",
    rights: ["FullAccess"],
    raw: "FullAccess",
    allow: true,
    inherited: false,
    trustee: "anna@contoso.com",
    sid: "",
    ...grant,
  });
  return { trustee, counts };
}

test("the SID decides, whatever the name says", async () => {
  const anna = aPrincipal({ name: "anna", sid: "S-1-5-21-1-2-3-1" });
  const other = aPrincipal({ name: "other", id: guid(901), sid: "S-1-5-21-1-2-3-2" });
  const { trustee } = await resolve({ trustee: "other@contoso.com", sid: anna.sid }, [anna, other]);
  expect(trustee.principal).toBe(anna);
});

test("an address finds the principal where the SID finds none, and the row's SID stays", async () => {
  const anna = aPrincipal({ name: "anna" });
  const { trustee } = await resolve({ sid: "S-1-5-21-1-2-3-77" }, [anna]);
  expect(trustee).toEqual({ class: "user", sid: "S-1-5-21-1-2-3-77", principal: anna });
});

test("the principal's SID fills in for a row that has none", async () => {
  const anna = aPrincipal({ name: "anna" });
  expect((await resolve({ trustee: "Anna" }, [anna])).trustee.sid).toBe(anna.sid);
});

test("a display name that two principals have is not guessed, and counted", async () => {
  const twins = [guid(1), guid(2)].map((id) =>
    aPrincipal({ id, name: `n${id}`, displayName: "Anna Berg", sid: "" }),
  );
  const { trustee, counts } = await resolve({ trustee: "Anna Berg" }, twins);
  expect(trustee).toEqual({ class: "unresolved", sid: "", principal: undefined });
  expect(counts).toEqual({ "ambiguous-trustee": 1 });
});

test("a namesake with another SID is not taken for the trustee, and counted", async () => {
  const anna = aPrincipal({ displayName: "Anna Berg" });
  const { trustee, counts } = await resolve({ trustee: "Anna Berg", sid: ORPHAN }, [anna]);
  expect(trustee).toEqual({ class: "unresolved", sid: ORPHAN, principal: undefined });
  expect(counts).toEqual({ "trustee-namesake": 1 });
});

test.each([
  ["user", {}, "user"],
  ["a disabled user", { disabled: true }, "disabled"],
  ["a guest", { type: "guest", guest: true }, "guest"],
  ["a disabled guest", { type: "guest", guest: true, disabled: true }, "guest"],
  ["a soft-deleted user", { softDeleted: true }, "soft-deleted"],
  ["a group", { type: "group" }, "group"],
  ["a shared mailbox, whose account is disabled as a rule", { type: "shared", disabled: true }, "shared"],
  ["a room", { type: "room", disabled: true }, "shared"],
  ["a mail user", { type: "mail-user" }, "user"],
  ["a contact", { type: "contact" }, "external-account"],
  ["the mailbox itself", { mailboxId: guid(1) }, "self"],
] as const)("the class of %s", async (_what, facts, expected) => {
  const { trustee } = await resolve({}, [aPrincipal({ name: "anna", ...facts })]);
  expect(trustee.class).toBe(expected);
});

test.each([
  ["SELF", { trustee: "NT AUTHORITY\\SELF", sid: "S-1-5-10" }, "self"],
  ["SYSTEM", { trustee: "NT AUTHORITY\\SYSTEM", sid: "S-1-5-18" }, "system"],
  ["a group of Microsoft's forest", { trustee: "EURPRD03\\Domain Admins", sid: ORPHAN }, "system"],
  ["Microsoft's support", { trustee: "PRDTSB02\\JitUsers" }, "system"],
  ["a bare SID nobody has", { trustee: ORPHAN, sid: ORPHAN }, "orphan-sid"],
  ["a name nobody has", { trustee: "Discovery Management" }, "unresolved"],
  [
    "a name nobody has, with a SID nobody has",
    { trustee: "Discovery Management", sid: ORPHAN },
    "unresolved",
  ],
  ["Everyone", { trustee: "Everyone", sid: "S-1-1-0" }, "unresolved"],
  [
    "an account of another domain",
    { trustee: "FABRIKAM\\bob", sid: ORPHAN, rights: ["FullAccess", "ExternalAccount"] },
    "external-account",
  ],
  [
    "a deleted account that is still named",
    { trustee: "EURPR05A003.PROD.OUTLOOK.COM/Soft Deleted Objects/anna" },
    "soft-deleted",
  ],
] as const)("the class of %s, whom the directory does not know", async (_what, grant, expected) => {
  const { trustee } = await resolve(grant);
  expect(trustee.class).toBe(expected);
  expect(trustee.principal).toBeUndefined();
});
