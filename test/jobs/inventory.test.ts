import { expect, test } from "vitest";
import { inventory } from "../../jobs/inventory.ts";
import type { PrincipalFact } from "../../src/emulator/cmdlet.ts";
import type { FoundRow, Row } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { aMailbox, aPrincipal, guid, performBulk } from "../support/perform-job.ts";

/** Only users tell who signs in, and by what name. */
const account = (disabled: boolean | null): string =>
  disabled === null ? "" : disabled ? "disabled" : "enabled";

/** Of deleted and inactive mailboxes nobody tells the SID. */
const hasSid = ({ mailboxGuid, type, accountDisabled }: PrincipalFact): boolean =>
  accountDisabled !== null || mailboxGuid === "" || type === "GroupMailbox";

function truthOf(facts: Iterable<PrincipalFact>): Map<string, string> {
  // The service's own mailbox has no object id, so the run's index does not know its account for its own.
  const shown = [...facts].filter(({ type }) => type !== "DiscoveryMailbox");
  return new Map(
    shown.map((fact) => [
      fact.guid,
      JSON.stringify([
        fact.type,
        fact.objectId,
        fact.primarySmtpAddress,
        fact.addresses.toSorted((one, other) => (one < other ? -1 : 1)).join("; "),
        fact.legacyExchangeDN,
        fact.softDeleted,
        fact.guest,
        account(fact.accountDisabled),
        fact.accountDisabled === null ? "" : fact.userPrincipalName,
        hasSid(fact) ? fact.sid : "",
      ]),
    ]),
  );
}

function foundIn(rows: readonly FoundRow[]): Map<string, string> {
  const text = (row: Row, column: string): string =>
    row[column] === "unknown" ? "" : String(row[column] ?? "");
  return new Map(
    rows.map(({ row }) => {
      const hasAccount = text(row, "Account") !== "";
      return [
        text(row, "Guid"),
        JSON.stringify([
          row["RecipientType"],
          text(row, "ObjectId"),
          text(row, "PrimarySmtp"),
          text(row, "Addresses"),
          text(row, "LegacyExchangeDn"),
          row["SoftDeleted"],
          row["Guest"],
          text(row, "Account"),
          hasAccount ? text(row, "UserPrincipalName") : "",
          text(row, "Sid"),
        ]),
      ];
    }),
  );
}

test(
  "a large run finds everybody of the emulator's directory, once, by all ids and addresses",
  { timeout: 120_000 },
  async () => {
    const emulated = organisation(5_000);
    const { rows, calls } = await runEmulated(inventory, emulated);
    const truth = truthOf(emulated.principals());
    const found = foundIn(rows);
    expect(rows).toHaveLength(found.size);
    expect([...truth].filter(([id, fact]) => found.get(id) !== fact).slice(0, 3)).toEqual([]);
    expect(found.size).toBe(truth.size + 1);
    expect(rows.filter(({ noise }) => noise === "IN1").map(({ row }) => row["RecipientType"])).toEqual([
      "DiscoveryMailbox",
    ]);
    const listings = ["Get-Recipient", "Get-User", "Get-Group"].map((cmdlet) => calls.get(cmdlet));
    // One for the run's own index, one for the rows; the mailboxes with a row of their own are the targets.
    expect(listings).toEqual([2, 2, 2]);
    const mailboxes = rows.filter(({ row }) => row["MailboxId"] !== null);
    expect(mailboxes.map(({ row }) => String(row["MailboxId"])).toSorted()).toEqual(
      [...emulated.targets()].toSorted(),
    );
    for (const { row } of mailboxes) expect(row["Source"]).toBe("Get-Recipient; Get-User");
  },
);

test("a small run tells the same of its mailboxes", async () => {
  const emulated = organisation(60);
  const { rows } = await runEmulated(inventory, emulated, { smallScope: 100 });
  const truth = truthOf(emulated.principals());
  const found = foundIn(rows);
  expect(found.size).toBe(60);
  for (const [id, fact] of found) expect(fact).toBe(truth.get(id));
});

const CONTACT = {
  Guid: guid(50),
  RecipientTypeDetails: "MailContact",
  EmailAddresses: ["smtp:b@y.example", "SMTP:a@y.example"],
  WhenCreatedUTC: "2026-01-02T03:04:05.0000000Z",
};

test("somebody the run's index does not know has unknown ids, not none", async () => {
  const { rows } = await performBulk(inventory, "recipients", {
    manifest: [],
    pages: () => [[CONTACT], [CONTACT]],
  });
  expect(rows.map(({ about, row }) => ({ about, ...row }))).toMatchObject([
    {
      about: 1,
      MailboxId: null,
      Sid: "unknown",
      UserPrincipalName: "unknown",
      Addresses: "SMTP:a@y.example; smtp:b@y.example",
      Account: null,
      WhenCreatedUtc: "2026-01-02T03:04:05.000Z",
    },
  ]);
});

test("a guest has the SID and the account that the users told the run of", async () => {
  const { rows } = await performBulk(inventory, "recipients", {
    manifest: [],
    principals: [aPrincipal({ id: guid(50), name: "gast", guest: true, type: "guest", disabled: true })],
    pages: () => [[{ ...CONTACT, RecipientTypeDetails: "GuestMailUser" }]],
  });
  expect(rows[0]?.row).toMatchObject({
    Guest: true,
    Account: "disabled",
    UserPrincipalName: "gast@contoso.com",
  });
});

test("of users and groups only those without mail are rows about the tenant", async () => {
  const box = aMailbox();
  const users = await performBulk(inventory, "users", {
    manifest: [box],
    pages: () => [
      [
        {
          Guid: box.guid,
          RecipientTypeDetails: "UserMailbox",
          Sid: "S-1",
          SidHistory: ["S-0"],
          AccountDisabled: "True",
        },
        { Guid: guid(60), RecipientTypeDetails: "User", AccountDisabled: false },
        { Guid: guid(61), RecipientTypeDetails: "MailUser" },
      ],
    ],
  });
  expect(users.rows.map(({ about, row }) => [about, row["Guid"], row["Account"], row["SidHistory"]])).toEqual(
    [
      [1, box.guid, "disabled", "S-0"],
      [2, guid(60), "enabled", null],
    ],
  );
  const groups = await performBulk(inventory, "groups", {
    manifest: [],
    pages: () => [
      [
        { Guid: guid(70), RecipientTypeDetails: "UniversalSecurityGroup", Sid: "S-1-5-21-7" },
        { Guid: guid(71), RecipientTypeDetails: "MailUniversalSecurityGroup" },
        { Guid: guid(72), RecipientTypeDetails: "GroupMailbox" },
      ],
    ],
  });
  expect(groups.rows.map(({ row }) => [row["Guid"], row["Sid"]])).toEqual([[guid(70), "S-1-5-21-7"]]);
});
