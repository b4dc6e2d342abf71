import { assert, constantFrom, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { tenant, textOf } from "../organisation/tenant.ts";

const contoso = tenant({ mailboxes: 120 });
const CMDLETS = [
  "Get-Mailbox",
  "Get-Recipient",
  "Get-RecipientPermission",
  "Get-User",
  "Get-MailboxPermission",
] as const;

test("pages of any size bring the same rows in the same order", () => {
  assert(
    property(constantFrom(...CMDLETS), integer({ min: 1, max: 70 }), (cmdlet, pageRows) => {
      const whole = contoso.ask(cmdlet, { Identity: "" });
      expect(contoso.ask(cmdlet, { Identity: "" }, { pageRows })).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

test("a place stays good, and a page is never longer than asked", () => {
  const given = contoso.answer("Get-RecipientPermission");
  const source = given.kind === "rows" ? given.source : undefined;
  const page = source?.read(undefined, 7);
  expect(page?.rows).toHaveLength(7);
  expect(source?.read(page?.next, 5)).toEqual(source?.read(page?.next, 5));
});

test("a place that was never given is refused", () => {
  const given = contoso.answer("Get-Mailbox");
  expect(() => given.kind === "rows" && given.source.read("here", 1)).toThrow('"here" is not a place in it');
});

test("a filter is applied on the server, page by page", () => {
  const wanted = contoso.ask("Get-Mailbox").rows.filter((row) => String(row["GrantSendOnBehalfTo"]) !== "");
  const found = contoso.ask("Get-Mailbox", { Filter: "GrantSendOnBehalfTo -ne $null" }, { pageRows: 2 });
  expect(found.rows).toEqual(wanted);
  expect(wanted.length).toBeGreaterThan(1);
});

test("a small tenant is sorted where it is asked for", () => {
  const names = contoso
    .ask("Get-Mailbox", { SortBy: "displayname" }, { pageRows: 9 })
    .rows.map((row) => textOf(row["DisplayName"]).toLowerCase());
  expect(names).toEqual(names.toSorted((one, other) => (one < other ? -1 : 1)));
  expect(names.length).toBe(contoso.ask("Get-Mailbox").rows.length);
});

test("Anr finds by the beginning of any part of a name", () => {
  const [row] = contoso.ask("Get-Mailbox").rows.slice(9);
  const start = textOf(row?.["Alias"]).slice(0, 6).toUpperCase();
  expect(contoso.ask("Get-Mailbox", { Anr: start }).rows).toContainEqual(row);
  expect(contoso.ask("Get-Mailbox", { Anr: "zzzzzzz" }).rows).toEqual([]);
});

test("a selection may leave out what was not asked for", () => {
  const [row] = contoso.ask("Get-Mailbox", {}, { select: ["DISPLAYNAME", "guid", "nonsense"] }).rows;
  expect(Object.keys(row ?? {})).toEqual(["DisplayName", "Guid"]);
});
