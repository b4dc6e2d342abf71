import { describe, expect, test } from "vitest";
import { forwardingSweep } from "../../jobs/forwarding-sweep.ts";
import type { MailboxFact } from "../../src/emulator/cmdlet.ts";
import { UnusableReply, type FoundRow, type Row } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { aMailbox, aPrincipal, guid, performBulk, performJob } from "../support/perform-job.ts";

const KINDS: Readonly<Record<string, string>> = {
  ForwardingAddress: "forwarding-address",
  ForwardingSmtpAddress: "forwarding-smtp-address",
  ForwardTo: "rule-forward",
  RedirectTo: "rule-redirect",
  ForwardAsAttachmentTo: "rule-forward-as-attachment",
  ResourceDelegates: "resource-delegate",
};

function truthOf(facts: Iterable<MailboxFact>): string[] {
  return [...facts].flatMap(({ mailboxGuid, sends }) =>
    sends.map(({ by, rule, hidden, active, external, objectId, address }) =>
      JSON.stringify([
        mailboxGuid,
        KINDS[by],
        rule,
        hidden,
        active,
        external ? "external" : "internal",
        objectId,
        address,
      ]),
    ),
  );
}

function foundIn(rows: readonly FoundRow[]): string[] {
  return rows
    .map(({ row }) => row)
    .filter((row) => row["MailboxId"] !== null)
    .map((row) =>
      JSON.stringify([
        row["MailboxId"],
        row["Kind"],
        row["RuleId"] ?? "",
        row["Hidden"] ?? false,
        row["Active"],
        row["DestinationScope"],
        row["DestinationId"] ?? "",
        row["DestinationAddress"],
      ]),
    );
}

test.each([
  ["a large run", 5_000, 0],
  ["a small run", 90, 100],
])(
  "%s finds exactly what the emulator's mailboxes send on, and to whom",
  async (_how, mailboxes, smallScope) => {
    const emulated = organisation(mailboxes);
    const { rows, calls } = await runEmulated(forwardingSweep, emulated, { smallScope });
    const truth = truthOf(emulated.mailboxFacts());
    expect(truth.length).toBeGreaterThan(mailboxes / 100);
    expect(foundIn(rows).toSorted()).toEqual(truth.toSorted());
    expect(truth.join()).toContain("resource-delegate");
    const settings = rows.flatMap(({ row }) => row["Setting"] ?? []);
    expect(settings.map(String).toSorted()).toEqual([
      "AutoForwardEnabled=False",
      "AutoForwardEnabled=True",
      "AutoForwardingMode=Automatic",
      "AutoForwardingMode=Off",
      "AutoForwardingMode=On",
    ]);
    const ofTenant = rows.filter(({ row }) => String(row["Kind"]).startsWith("transport-rule"));
    expect(ofTenant.map(({ row }) => [row["Kind"], row["DestinationAddress"], row["Active"]])).toEqual([
      ["transport-rule-copy", "postmaster@contoso.example", true],
      ["transport-rule-blind-copy", "copies@watching.example", true],
      ["transport-rule-redirect", "sales@partner.example", false],
      ["transport-rule-add-recipient", "boss@partner.example", false],
    ]);
    if (smallScope > 0) return;
    expect(calls.get("Get-InboxRule")).toBeLessThan(mailboxes * 1.2);
    expect(calls.get("Get-Mailbox")).toBe(3);
  },
);

test("what was written since is found, a rule by its exact id", async () => {
  const emulated = organisation(120);
  const [mailbox = ""] = [...emulated.targets()].slice(9);
  const write = (cmdlet: string, parameters: object): unknown =>
    emulated.cmdlets.get(cmdlet)?.run({
      parameters: new Map(Object.entries(parameters)),
      spelling: new Map(),
      nowMs: 0,
      connectionId: undefined,
    }).kind;
  write("set-mailbox", { identity: mailbox, forwardingsmtpaddress: "x@elsewhere.example" });
  write("new-inboxrule", { mailbox, name: "Out", redirectto: ["y@elsewhere.example"] });
  const { rows } = await runEmulated(forwardingSweep, emulated);
  expect(foundIn(rows).toSorted()).toEqual(truthOf(emulated.mailboxFacts()).toSorted());
  const there = rows.filter(({ row }) => String(row["DestinationAddress"]).endsWith("@elsewhere.example"));
  expect(there).toHaveLength(2);
});

const ROW = { ExchangeGuid: guid(1), Identity: "box", ForwardingAddress: null, ForwardingSmtpAddress: null };
const DOMAINS = [{ DomainName: "contoso.com" }, { DomainName: "sub.example", MatchSubDomains: "True" }];

/** Rows of a listing with these properties of one mailbox. */
async function listed(properties: object, principals = [aPrincipal({ name: "anna" })]): Promise<Row[]> {
  const { rows } = await performBulk(forwardingSweep, "forwarding-settings", {
    manifest: [aMailbox()],
    principals,
    pages: () => [[{ ...ROW, ...properties }]],
    answer: ({ cmdlet }) =>
      cmdlet === "Get-AcceptedDomain"
        ? DOMAINS
        : [
            {
              Guid: guid(7),
              ExternalEmailAddress: "SMTP:X@Partner.example",
              RecipientTypeDetails: "MailContact",
            },
          ],
  });
  return rows.map(({ row }) => row);
}

describe("the settings of a mailbox", () => {
  test("are no row when they are not there", async () => {
    expect(await listed({})).toEqual([]);
    expect(await listed({ ForwardingSmtpAddress: "" })).toEqual([]);
  });

  test.each([
    ["smtp:x@y.example", "external", "x@y.example", "address"],
    ["smtp:X@Contoso.com", "internal", "x@contoso.com", "address"],
    ["smtp:x@deep.sub.example", "internal", "x@deep.sub.example", "address"],
    ["smtp:x@notsub.example", "external", "x@notsub.example", "address"],
    ["smtp:anna@contoso.com", "internal", "anna@contoso.com", "user"],
  ])("forward to %s, which is %s", async (address, scope, where, type) => {
    expect(await listed({ ForwardingSmtpAddress: address })).toMatchObject([
      {
        Kind: "forwarding-smtp-address",
        DestinationScope: scope,
        DestinationAddress: where,
        DestinationType: type,
      },
    ]);
  });

  test("lead to a contact's address outside, and to nobody where the name is nobody's or several have it", async () => {
    const contact = aPrincipal({ name: "kontakt", type: "contact" });
    expect(await listed({ ForwardingAddress: "kontakt" }, [contact])).toMatchObject([
      { Kind: "forwarding-address", DestinationScope: "external", DestinationAddress: "x@partner.example" },
    ]);
    const unknown = [
      { DestinationScope: "unknown", DestinationAddress: "unknown", DestinationRaw: "kontakt" },
    ];
    expect(await listed({ ForwardingAddress: "kontakt" }, [])).toMatchObject(unknown);
    const namesake = aPrincipal({ id: guid(901), name: "kontakt" });
    expect(await listed({ ForwardingAddress: "kontakt" }, [contact, namesake])).toMatchObject(unknown);
  });

  test("rest where ForwardingAddress takes the mail", async () => {
    const both = { ForwardingAddress: "anna", ForwardingSmtpAddress: "smtp:x@y.example" };
    expect(await listed(both)).toMatchObject([
      { Kind: "forwarding-address", Active: true },
      { Kind: "forwarding-smtp-address", Active: false, DestinationScope: "external" },
    ]);
  });
});

test("a mailbox that a listing leaves out is asked for by GUID, and one it repeats counts once", async () => {
  const { rows, counts } = await performBulk(forwardingSweep, "forwarding-settings", {
    manifest: [aMailbox(), aMailbox({ id: guid(2) }), aMailbox({ id: guid(3), type: "group" })],
    pages: () => [
      [{ ...ROW, ForwardingSmtpAddress: "smtp:x@y.example" }],
      [{ ...ROW, ForwardingSmtpAddress: "smtp:x@y.example" }],
    ],
    answer: ({ cmdlet, parameters }) =>
      cmdlet === "Get-AcceptedDomain"
        ? DOMAINS
        : parameters["Identity"] === guid(3) && parameters["GroupMailbox"] === true
          ? [{ ...ROW, ForwardingSmtpAddress: "smtp:g@y.example" }]
          : [ROW],
  });
  expect(rows.map(({ about, row }) => [about, row["DestinationAddress"]])).toEqual([
    [1, "x@y.example"],
    [3, "g@y.example"],
  ]);
  expect(counts).toEqual({ "not-listed": 2 });
});

const RULE = { Name: "Out", RuleIdentity: 15394007230974001153n, Enabled: true };

test("a rule that shows only when hidden rules are asked for hides; one deleted meanwhile does not", async () => {
  const answers = [
    [RULE, { ...RULE, RuleIdentity: 2n }, { ...RULE, RuleIdentity: 3n }],
    [RULE],
    [RULE, { ...RULE, RuleIdentity: 2n }],
  ];
  const { rows, calls } = await performJob(forwardingSweep, {
    params: { places: "rules" },
    answer: ({ cmdlet }) =>
      cmdlet === "Get-InboxRule"
        ? (answers.shift() ?? []).map((rule) => ({ ...rule, ForwardTo: ['"a" [SMTP:a@contoso.com]'] }))
        : DOMAINS,
  });
  expect(rows.map(({ row }) => [row["RuleId"], row["Hidden"]])).toEqual([
    ["15394007230974001153", false],
    ["2", true],
    ["3", false],
  ]);
  expect(
    calls.filter(({ cmdlet }) => cmdlet === "Get-InboxRule").map(({ parameters }) => parameters),
  ).toEqual([
    { Mailbox: guid(1), ResultSize: "Unlimited", IncludeHidden: true },
    { Mailbox: guid(1), ResultSize: "Unlimited" },
    { Mailbox: guid(1), ResultSize: "Unlimited", IncludeHidden: true },
  ]);
});

test("a mailbox without rules that send costs one call", async () => {
  const { rows, calls } = await performJob(forwardingSweep, {
    answer: () => [
      { ...RULE, MoveToFolder: "Archive" },
      { Name: "Junk E-mail Rule", RuleIdentity: 4 },
    ],
  });
  expect([rows, calls.length]).toEqual([[], 1]);
});

test.each([
  [{ errors: ["BackEndLocatorException"] }, /came with an error/],
  [[{ Name: "Out", Enabled: "perhaps", RuleIdentity: 1 }], /Enabled is neither/],
  [[{ Name: "Out", Enabled: true }], /no identity/],
])("rules that cannot be trusted fail the mailbox: %j", async (answer, words) => {
  const performing = performJob(forwardingSweep, { params: { places: "rules" }, answer: () => answer });
  await expect(performing).rejects.toThrow(UnusableReply);
  await expect(performing).rejects.toThrow(words);
});

/** Rows of the tenant's mail flow rules. */
async function flow(rule: object): Promise<Row[]> {
  const { rows } = await performBulk(forwardingSweep, "transport-rules", {
    manifest: [],
    principals: [aPrincipal({ name: "anna" })],
    pages: () => [[{ Guid: guid(5), Name: "Copy", State: "Enabled", Mode: "Enforce", ...rule }]],
    answer: () => DOMAINS,
  });
  return rows.map(({ row }) => row);
}

describe("a mail flow rule of the tenant", () => {
  test("is a row for each place it sends mail to, critical where that is outside, and nobody's access", async () => {
    const rows = await flow({ RedirectMessageTo: ["X@y.example"], BlindCopyTo: ["anna"] });
    expect(rows).toMatchObject([
      { MailboxId: null, Kind: "transport-rule-redirect", RuleId: guid(5), KeepsCopy: false, Active: true },
      { Kind: "transport-rule-blind-copy", DestinationAddress: "anna@contoso.com", KeepsCopy: true },
    ]);
    expect(rows.map((row) => findingsOf(forwardingSweep, row, {}, []))).toEqual([
      "critical external-forwarding",
      "info internal-forwarding",
    ]);
    expect(rows.map((row) => forwardingSweep.access?.of(row))).toEqual([undefined, undefined]);
  });

  test.each([{ State: "Disabled" }, { Mode: "Audit" }])("is at rest with %j", async (how) => {
    expect(await flow({ ...how, CopyTo: "x@y.example" })).toMatchObject([{ Active: false }]);
  });

  test("that sends nothing on is no row; one that may be on or off is not trusted", async () => {
    expect(await flow({ CopyTo: null, BlindCopyTo: [] })).toEqual([]);
    await expect(flow({ State: "Perhaps", CopyTo: "x@y.example" })).rejects.toThrow(UnusableReply);
  });
});

test("booking requests of a room go to its delegates, those of a person are not asked for", async () => {
  const delegates = async (type: "room" | "user", forwards: boolean): Promise<unknown[]> => {
    const { rows, calls } = await performJob(forwardingSweep, {
      mailbox: aMailbox({ type }),
      params: { places: "delegates" },
      principals: [aPrincipal({ name: "anna" })],
      answer: () => [{ ResourceDelegates: ["anna"], ForwardRequestsToDelegates: forwards }],
    });
    const access = rows.map(({ row }) => forwardingSweep.access?.of(row)?.right);
    return [
      calls.length,
      rows.map(({ row }) => [row["Kind"], row["DestinationAddress"], row["Active"]]),
      access,
    ];
  };
  const row = ["resource-delegate", "anna@contoso.com"];
  expect(await delegates("room", true)).toEqual([1, [[...row, true]], ["ReceivesBookingRequests"]]);
  expect(await delegates("room", false)).toEqual([1, [[...row, false]], [undefined]]);
  expect(await delegates("user", true)).toEqual([0, [], []]);
});

const QUIET: Row = {
  Kind: "rule-forward",
  Hidden: false,
  Active: true,
  DestinationScope: null,
  DestinationType: null,
  DestinationAddress: null,
};
const OUT: Row = {
  DestinationScope: "external",
  DestinationAddress: "x@y.example",
  DestinationType: "address",
};

const POLICY_ON = { Kind: "outbound-policy", Setting: "AutoForwardingMode=On" };
const DOMAIN_ON = { Kind: "remote-domain", Setting: "AutoForwardEnabled=True" };

test.each<[Row, object, readonly Row[], string]>([
  [OUT, {}, [], "critical external-forwarding"],
  [{ ...OUT, Active: false }, {}, [], "medium external-forwarding-at-rest"],
  [OUT, { allowedDomains: "Y.example, z.example" }, [], "info allowed-forwarding"],
  [
    { ...OUT, DestinationAddress: "x@sub.y.example" },
    { allowedDomains: "y.example" },
    [],
    "critical external-forwarding",
  ],
  [{ DestinationScope: "internal", Hidden: true }, {}, [], "critical hidden-forwarding internal-forwarding"],
  [{ DestinationScope: "internal" }, {}, [], "info internal-forwarding"],
  [
    { DestinationScope: "internal", DestinationType: "group" },
    {},
    [],
    "unknown forwarding-to-group internal-forwarding",
  ],
  [{ DestinationScope: "unknown", DestinationAddress: "unknown" }, {}, [], "unknown destination-unknown"],
  [POLICY_ON, {}, [], "high auto-forwarding-allowed"],
  [{ Kind: "outbound-policy", Setting: "AutoForwardingMode=Automatic" }, {}, [], ""],
  [DOMAIN_ON, {}, [], ""],
  [DOMAIN_ON, {}, [POLICY_ON], "high remote-domain-allows-forwarding"],
  [{ Kind: "remote-domain", Setting: "AutoForwardEnabled=False" }, {}, [POLICY_ON], ""],
])("%j with %j beside %j is %s", (row, params, others, finding) => {
  const beside = others.map((other) => ({ ...QUIET, ...other }));
  expect(findingsOf(forwardingSweep, { ...QUIET, ...row }, params, beside)).toBe(finding);
});

test("only what is in force is an access, by forwarding, of whoever receives the mail", () => {
  const row = { ...QUIET, ...OUT, DestinationRaw: "smtp:x@y.example", ReadAtUtc: "2026-05-04T03:02:01.000Z" };
  expect(forwardingSweep.access?.of(row)).toMatchObject({
    holder: { id: "", text: "x@y.example", address: "x@y.example", type: "address" },
    source: { kind: "forwarding" },
  });
  expect(forwardingSweep.access?.of({ ...row, Active: false })).toBeUndefined();
  expect(forwardingSweep.access?.of({ ...row, DestinationScope: null })).toBeUndefined();
});

test.each([
  [
    { ...OUT, MailboxPrimarySmtp: "a@contoso.com", Kind: "rule-redirect" },
    "mail of a@contoso.com goes to x@y.example (rule-redirect)",
  ],
  [{ ...POLICY_ON, SettingId: "Default", DestinationScope: null }, "Default: AutoForwardingMode=On"],
])("headline of %j is %j", (row, words) => {
  expect(forwardingSweep.headline?.(row)).toBe(words);
});
