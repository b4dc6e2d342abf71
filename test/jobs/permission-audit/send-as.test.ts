import { expect, test } from "vitest";
import { permissionAudit } from "../../../jobs/permission-audit.ts";
import type { ExoRow, Mailbox, Principal } from "../../../src/job/index.ts";
import {
  type Answer,
  aMailbox,
  aPrincipal,
  guid,
  type Performed,
  performBulk,
} from "../../support/perform-job.ts";

const SELF = {
  Trustee: "NT AUTHORITY\\SELF",
  TrusteeSidString: "S-1-5-10",
  AccessRights: ["SendAs"],
  AccessControlType: "Allow",
};
const HOLDERS = ["anna", "bo", "cem"].map((name, n) => aPrincipal({ name, id: guid(900 + n) }));

/** What a listing has for one mailbox: its own entry, and a trustee's. */
function entries(identity: string, ...trustees: readonly string[]): ExoRow[] {
  return [
    { ...SELF, Identity: identity },
    ...trustees.map((name) => ({
      ...SELF,
      Identity: identity,
      Trustee: `${name}@contoso.com`,
      TrusteeSidString: HOLDERS.find((holder) => holder.name === name)?.sid ?? "",
    })),
  ];
}

function box(n: number, displayName: string): Mailbox {
  return aMailbox({ id: guid(n), name: `name-${n}`, displayName });
}

/** @param truth what each mailbox answers when it is read by GUID, as the rows of a listing */
async function sendAs(
  manifest: readonly Mailbox[],
  pages: readonly (Answer | "restart")[],
  truth: Readonly<Record<number, readonly ExoRow[]>> = {},
  principals: readonly Principal[] = [],
): Promise<
  Performed & {
    readonly held: readonly string[];
    readonly asked: readonly unknown[];
    readonly pages: number | undefined;
  }
> {
  const performed = await performBulk(permissionAudit, "send-as", {
    manifest,
    principals: [...HOLDERS, ...principals],
    pages: () =>
      pages.map((page) => (page === "restart" ? { restarted: true, reason: "cursor lost" } : page)),
    answer: (_call, mailbox) => truth[manifest.findIndex(({ id }) => id === mailbox?.id) + 1] ?? [],
  });
  const { "send-as-pages": read, ...oddities } = performed.counts;
  return {
    ...performed,
    counts: oddities,
    pages: read,
    held: performed.rows
      .filter(({ noise }) => noise === undefined)
      .map(({ about, row }) => `${about} ${String(row["TrusteeDisplayName"])}`),
    asked: performed.calls
      .filter(({ parameters }) => "Identity" in parameters)
      .map(({ parameters }) => parameters["Identity"]),
  };
}

test("one listing tells SendAs of all mailboxes, without a call per mailbox", async () => {
  const { held, asked, calls, rows, pages } = await sendAs(
    [box(1, "Sales"), box(2, "Support")],
    [[...entries("Sales", "anna"), ...entries("Support")], entries("Outsiders", "bo")],
  );
  expect(pages).toBe(2);
  expect(held).toEqual(["1 anna"]);
  expect(asked).toEqual([]);
  expect(calls.map(({ cmdlet, parameters }) => [cmdlet, parameters])).toEqual([
    ["Get-RecipientPermission", { ResultSize: "Unlimited" }],
  ]);
  expect(rows.filter(({ noise }) => noise === "NR1").map(({ about }) => about)).toEqual([1, 2]);
});

test("a mailbox listed under an old name is read by GUID", async () => {
  const { held, asked, counts } = await sendAs([box(1, "Sales")], [entries("Verkauf", "anna")], {
    1: entries("Verkauf", "anna"),
  });
  expect(held).toEqual(["1 anna"]);
  expect(asked).toEqual([guid(1)]);
  expect(counts).toEqual({ "unknown-name": 2 });
});

test("mailboxes that share a display name are read by GUID", async () => {
  const { held, asked, counts } = await sendAs(
    [box(1, "Reception"), box(2, "Reception")],
    [[...entries("Reception", "anna"), ...entries("Reception", "bo")]],
    { 1: entries("Reception", "anna"), 2: entries("Reception", "bo") },
    [1, 2].map((n) => aPrincipal({ id: guid(100 + n), displayName: "Reception", mailboxId: guid(n) })),
  );
  expect(held).toEqual(["1 anna", "2 bo"]);
  expect(asked).toEqual([guid(1), guid(2)]);
  expect(counts).toEqual({ "shared-name": 4 });
});

test("a mailbox that shares its display name with a group does not get the group's rows", async () => {
  const group = aPrincipal({ id: guid(300), type: "group", name: "sales-team", displayName: "Sales" });
  const { held, asked } = await sendAs(
    [box(1, "Sales")],
    [[...entries("Sales", "anna"), { ...entries("Sales", "bo")[1] }]],
    { 1: entries("Sales", "anna") },
    [group],
  );
  expect(held).toEqual(["1 anna"]);
  expect(asked).toEqual([guid(1)]);
});

test("rows under the old name of one mailbox that is the name of another today go to neither unread", async () => {
  // Mailbox 2 was "Sales" before mailbox 1 took that name: two SELF rows under it, none under "Support".
  const { held, asked } = await sendAs(
    [box(1, "Sales"), box(2, "Support")],
    [[...entries("Sales", "anna"), ...entries("Sales", "bo")]],
    { 1: entries("Sales", "anna"), 2: entries("Sales", "bo") },
  );
  expect(held).toEqual(["1 anna", "2 bo"]);
  expect(asked).toEqual([guid(1), guid(2)]);
});

test("a chain of renames is followed to its end by the names that answers by GUID carry", async () => {
  // The listing has 1 as "Alpha", 2 as "Beta", 3 as "Gamma"; today 1 is "Beta", 2 is "Gamma", 3 is "Delta".
  const { held, asked, counts } = await sendAs(
    [box(1, "Beta"), box(2, "Gamma"), box(3, "Delta")],
    [[...entries("Alpha", "anna"), ...entries("Beta", "bo"), ...entries("Gamma", "cem")]],
    { 1: entries("Alpha", "anna"), 2: entries("Beta", "bo"), 3: entries("Gamma", "cem") },
  );
  expect(held.toSorted()).toEqual(["1 anna", "2 bo", "3 cem"]);
  expect(asked).toEqual([guid(3), guid(2), guid(1)]);
  expect(counts).toEqual({ "unknown-name": 2, "listed-under-anothers-name": 2 });
});

test("a row repeated at a page's seam costs a read by GUID, and no row twice", async () => {
  const { held, asked } = await sendAs([box(1, "Sales")], [entries("Sales"), entries("Sales", "anna")], {
    1: entries("Sales", "anna"),
  });
  expect(held).toEqual(["1 anna"]);
  expect(asked).toEqual([guid(1)]);
});

test("a restarted listing begins from nothing", async () => {
  const { held, asked, counts } = await sendAs(
    [box(1, "Sales")],
    [[...entries("Sales", "anna"), ...entries("Nobody")], "restart", entries("Sales", "bo")],
  );
  expect(held).toEqual(["1 bo"]);
  expect(asked).toEqual([]);
  expect(counts).toEqual({});
});

test("rows of recipients outside the manifest are counted", async () => {
  const outsider = aPrincipal({ id: guid(400), name: "board", displayName: "Board" });
  const { counts } = await sendAs(
    [box(1, "Sales")],
    [[...entries("Sales"), ...entries("Board", "anna")]],
    {},
    [outsider],
  );
  expect(counts).toEqual({ "outside-scope": 2 });
});

test("a mailbox deleted since the manifest was made does not spoil the others", async () => {
  const gone = Object.assign(new Error("Cannot find it"), { remedy: "gone" });
  const { rows, counts } = await performBulk(permissionAudit, "send-as", {
    manifest: [box(1, "Sales"), box(2, "Support")],
    pages: () => [entries("Support")],
    answer: () => {
      throw gone;
    },
  });
  expect(rows.map(({ about }) => about)).toEqual([2]);
  expect(counts).toEqual({ "gone-before-send-as": 1, "send-as-pages": 1 });
});

test.each(["listing", "answer by GUID"])(
  "errors beside the rows of the %s fail the bulk read",
  async (where) => {
    const broken = { rows: entries("Sales"), errors: ["A server could not be reached"] };
    const performing = performBulk(permissionAudit, "send-as", {
      manifest: [box(1, "Sales"), box(2, "Support")],
      pages: () => [where === "listing" ? broken : entries("Sales")],
      answer: () => broken,
    });
    await expect(performing).rejects.toThrow(
      "Cannot use the answer of Get-RecipientPermission: it came with an error",
    );
  },
);

test("reads by GUID go out 200 at a time", async () => {
  const manifest = Array.from({ length: 450 }, (_, n) => box(n + 1, `Box ${n + 1}`));
  let open = 0;
  let most = 0;
  const { calls } = await performBulk(permissionAudit, "send-as", {
    manifest,
    pages: () => [],
    answer: () => {
      open += 1;
      most = Math.max(most, open);
      queueMicrotask(() => (open -= 1));
      return [];
    },
  });
  expect(calls).toHaveLength(1 + 450);
  expect(most).toBe(200);
});
