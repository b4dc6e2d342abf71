import { expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import { type Answer, aMailbox, aPrincipal, guid, performBulk } from "../../support/perform-job.ts";

const MANIFEST = [aMailbox({ id: guid(1), name: "sales" }), aMailbox({ id: guid(2), name: "support" })];
const ANNA = aPrincipal({ name: "anna", displayName: "Anna Berg" });

test("delegates by name, GUID or display name are found in the directory", async () => {
  const { rows, calls } = await performBulk(permissionAudit, "send-on-behalf", {
    manifest: MANIFEST,
    principals: [ANNA],
    pages: () => [
      [{ ExchangeGuid: guid(2).toUpperCase(), GrantSendOnBehalfTo: ["anna", ANNA.id, "Anna Berg"] }],
    ],
  });
  expect(rows.map(({ about, row }) => [about, row["Right"], row["TrusteeSid"], row["TrusteeRaw"]])).toEqual([
    [2, "SendOnBehalf", ANNA.sid, "anna"],
    [2, "SendOnBehalf", ANNA.sid, ANNA.id],
    [2, "SendOnBehalf", ANNA.sid, "Anna Berg"],
  ]);
  expect(calls).toEqual([
    {
      cmdlet: "Get-Mailbox",
      parameters: { Filter: "GrantSendOnBehalfTo -ne $null", ResultSize: "Unlimited" },
      options: { select: ["ExchangeGuid", "Identity", "GrantSendOnBehalfTo"] },
    },
  ]);
});

test("a delegate that nobody or several people answer to is kept as unresolved", async () => {
  const twin = aPrincipal({ id: guid(901), name: "anna2", displayName: "Anna Berg" });
  const { rows, counts } = await performBulk(permissionAudit, "send-on-behalf", {
    manifest: MANIFEST,
    principals: [ANNA, twin],
    pages: () => [[{ ExchangeGuid: guid(1), GrantSendOnBehalfTo: ["Anna Berg", "Somebody Long Gone"] }]],
  });
  expect(
    rows.map(({ row }) => [row["TrusteeRaw"], row["TrusteeClass"], row["TrusteeSid"], row["TrusteeId"]]),
  ).toEqual([
    ["Anna Berg", "unresolved", "unknown", "unknown"],
    ["Somebody Long Gone", "unresolved", "unknown", "unknown"],
  ]);
  expect(counts).toEqual({ "ambiguous-trustee": 1 });
});

test("mailboxes outside the manifest are counted once, also when the listing restarts", async () => {
  const { rows, counts } = await performBulk(permissionAudit, "send-on-behalf", {
    manifest: MANIFEST,
    principals: [ANNA],
    pages: () => [
      [{ ExchangeGuid: guid(9), GrantSendOnBehalfTo: ["anna"] }],
      { restarted: true, reason: "cursor lost" },
      [
        { ExchangeGuid: guid(9), GrantSendOnBehalfTo: ["anna"] },
        { ExchangeGuid: guid(1), GrantSendOnBehalfTo: "anna" },
      ],
    ],
  });
  expect(rows.map(({ about }) => about)).toEqual([1]);
  expect(counts).toEqual({ "outside-scope": 1 });
});

test("group mailboxes are listed apart, and their restart keeps the rows of the others", async () => {
  const group = aMailbox({ id: guid(3), name: "team", type: "group" });
  const { rows, calls } = await performBulk(permissionAudit, "send-on-behalf", {
    manifest: [...MANIFEST, group],
    principals: [ANNA],
    pages: ({ parameters }) =>
      parameters["GroupMailbox"] === true
        ? [
            [{ ExchangeGuid: guid(3), GrantSendOnBehalfTo: ["anna"] }],
            { restarted: true, reason: "cursor lost" },
            [{ ExchangeGuid: guid(3), GrantSendOnBehalfTo: ["anna"] }],
          ]
        : [[{ ExchangeGuid: guid(1), GrantSendOnBehalfTo: ["anna"] }]],
  });
  expect(rows.map(({ about }) => about)).toEqual([1, 3]);
  expect(calls).toHaveLength(2);
});

test("errors beside the rows fail the bulk read", async () => {
  const broken: Answer = { errors: ["A server could not be reached", "Another one"] };
  const performing = performBulk(permissionAudit, "send-on-behalf", {
    manifest: MANIFEST,
    pages: () => [broken],
  });
  await expect(performing).rejects.toThrow(/Get-Mailbox: it came with 2 errors/);
});
