import { beforeEach, expect, test } from "vitest";
import { type Asked, type PlainRow, type Tenant, tenant, textOf } from "../organisation/tenant.ts";

let contoso: Tenant;
/** A mailbox without rules. */
let Mailbox: string;

beforeEach(() => {
  contoso = tenant();
  Mailbox =
    [...contoso.organisation.targets()]
      .slice(8)
      .find((guid) => contoso.ask("Get-InboxRule", { Mailbox: guid }).rows.length === 0) ?? "";
});

const rules = (): readonly PlainRow[] => contoso.ask("Get-InboxRule", { Mailbox }).rows;
const make = (Name: string, parameters: object = {}): Asked =>
  contoso.ask("New-InboxRule", { Mailbox, Name, ...parameters });

test("a rule that is made is returned, and read back with what it does", () => {
  const made = make("To the archive", {
    SubjectContainsWords: ["invoice", "order"],
    ForwardTo: ["x@elsewhere.example", "gosho2"],
    MoveToFolder: "Archive",
    StopProcessingRules: true,
    Force: true,
  }).rows;
  expect(rules()).toEqual(made);
  expect(made).toMatchObject([
    {
      Name: "To the archive",
      Enabled: true,
      Priority: 1,
      SubjectContainsWords: ["invoice", "order"],
      ForwardTo: [
        '"x@elsewhere.example" [SMTP:x@elsewhere.example]',
        expect.stringMatching(/ \[EX:\/o=ExchangeLabs\//),
      ],
      MoveToFolder: "Archive",
      StopProcessingRules: true,
      DeleteMessage: false,
    },
  ]);
});

test("a rule that is made twice is there twice, and its name means neither", () => {
  make("Twice");
  make("Twice");
  expect(new Set(rules().map(({ RuleIdentity }) => RuleIdentity)).size).toBe(2);
  expect(contoso.ask("Get-InboxRule", { Mailbox, Identity: "twice" }).rows).toHaveLength(2);
  expect(contoso.ask("Remove-InboxRule", { Mailbox, Identity: "Twice" }).failure).toEqual({
    kind: "ambiguous",
    subject: "Twice",
  });
  const [, second] = rules();
  contoso.ask("Remove-InboxRule", { Identity: second?.["Identity"] });
  expect(rules().map(({ Name }) => Name)).toEqual(["Twice"]);
});

test.each(["Identity", "RuleIdentity", "Name"])("a rule is found, switched and removed by its %s", (by) => {
  make("One");
  make("Two", { Priority: 1 });
  const row = rules().find(({ Name }) => Name === "One");
  const one = { Mailbox, Identity: textOf(row?.[by]) };
  const isEnabled = (): unknown => contoso.ask("Get-InboxRule", one).rows.map(({ Enabled }) => Enabled);
  contoso.ask("Disable-InboxRule", one);
  expect(isEnabled()).toEqual([false]);
  contoso.ask("Enable-InboxRule", one);
  expect(isEnabled()).toEqual([true]);
  contoso.ask("Remove-InboxRule", one);
  expect(rules().map(({ Name, Priority }) => [Name, Priority])).toEqual([["Two", 1]]);
  expect(contoso.ask("Remove-InboxRule", one).failure).toEqual({ kind: "not-found", subject: one.Identity });
});

test("the rules a mailbox had before are written to as well", () => {
  const owner = contoso.ask("Get-InboxRule", { Mailbox: "" }).rows[0];
  const mine = { Mailbox: owner?.["MailboxOwnerId"] };
  const before = contoso.ask("Get-InboxRule", mine).rows;
  contoso.ask("Remove-InboxRule", { Identity: owner?.["Identity"] });
  expect(contoso.ask("Get-InboxRule", mine).rows.map(({ Name }) => Name)).toEqual(
    before.slice(1).map(({ Name }) => Name),
  );
});

test.each([
  [{ Name: "" }, "missing-identity"],
  [{ Mailbox: "nobody" }, "not-found"],
  [{ ForwardTo: "nobody" }, "argument-not-found"],
])("New-InboxRule refuses %j", (parameters, kind) => {
  expect(make("Wrong", parameters).failure?.kind).toBe(kind);
  expect(rules()).toEqual([]);
});

test("the mailbox a rule belongs to is known beforehand", () => {
  const [row] = make("Known").rows;
  const subjectOf = (parameters: Readonly<Record<string, unknown>>): string | undefined =>
    contoso.organisation.cmdlets.get("remove-inboxrule")?.subject({
      parameters: new Map(Object.entries(parameters)),
      spelling: new Map(),
      nowMs: 0,
      connectionId: undefined,
    });
  expect([
    subjectOf({ mailbox: Mailbox, identity: "Known" }),
    subjectOf({ identity: row?.["Identity"] }),
    subjectOf({ identity: "nobody\\1" }),
  ]).toEqual([Mailbox, Mailbox, undefined]);
});
