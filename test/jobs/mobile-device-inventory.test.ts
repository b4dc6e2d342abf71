import { expect, test } from "vitest";
import { mobileDeviceInventory } from "../../jobs/mobile-device-inventory.ts";
import { type ExoRow, type Restarted, type Row, UnusableReply } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { findingsOf } from "../support/findings.ts";
import { aMailbox, aPrincipal, guid, performBulk, performJob } from "../support/perform-job.ts";

test.each([
  ["a large run", 5_000, 0, 2],
  ["a small run", 90, 100, 90],
])(
  "%s finds exactly the devices of the emulator's mailboxes",
  async (_how, mailboxes, smallScope, listings) => {
    const emulated = organisation(mailboxes);
    const { rows, calls, counts } = await runEmulated(mobileDeviceInventory, emulated, { smallScope });
    const truth = [...emulated.mailboxFacts()].flatMap(({ mailboxGuid, devices }) =>
      devices.map(({ guid: device, state }) => `${mailboxGuid} ${device} ${state}`),
    );
    const found = rows.map(({ row }) => [row["MailboxId"], row["DeviceGuid"], row["AccessState"]].join(" "));
    expect(truth.length).toBeGreaterThan(mailboxes / 3);
    expect(found.toSorted()).toEqual(truth.toSorted());
    expect(calls.get("Get-MobileDevice")).toBe(listings);
    expect(counts.get("owner-unknown")).toBeUndefined();
  },
);

const ANNA = aMailbox({ name: "anna", distinguishedName: String.raw`CN=Anna\, B,OU=x` });
const ABOVE = `CN=ExchangeActiveSyncDevices,${ANNA.distinguishedName}`;

function device(n: number, more: ExoRow = {}): ExoRow {
  return {
    Guid: guid(100 + n),
    DistinguishedName: `CN=Hx§${n},${ABOVE}`,
    DeviceAccessState: "Allowed",
    ...more,
  };
}

async function listed(...passes: readonly (readonly (readonly ExoRow[] | Restarted)[])[]) {
  const left = [...passes];
  const { rows, calls, counts } = await performBulk(mobileDeviceInventory, "devices", {
    manifest: [ANNA],
    principals: [aPrincipal({ id: guid(7), name: "elsewhere" })],
    pages: () => left.shift() ?? passes.at(-1) ?? [],
  });
  const found = rows.map(({ about, row }) => [about, Number(String(row["DeviceGuid"]).slice(-3)) - 100]);
  return { found, counts, passes: calls.length };
}

test("devices are listed until a pass brings nothing new, and each counts once", async () => {
  expect(
    await listed([[device(1)], [device(1)]], [[device(2), device(1)]], [[device(1), device(2)]]),
  ).toEqual({
    found: [
      [1, 1],
      [1, 2],
    ],
    counts: {},
    passes: 3,
  });
});

test("a listing that begins again in its second pass brings all of its devices again", async () => {
  const again: Restarted = { restarted: true, reason: "lost" };
  const { found } = await listed([[device(1)]], [[device(2)], again, [device(1)]], [[device(1)]]);
  expect(found).toEqual([[1, 1]]);
});

test("an owner is found by the place of the device, by name where it has none, and nobody's device is told", async () => {
  const { found, counts } = await listed([
    [
      device(1, { DistinguishedName: "", Identity: "anna\\ExchangeActiveSyncDevices\\x" }),
      device(2, { DistinguishedName: "CN=x,CN=ExchangeActiveSyncDevices,CN=gone,OU=x" }),
      device(3, { DistinguishedName: "", Identity: "elsewhere\\ExchangeActiveSyncDevices\\x" }),
      device(4, { DistinguishedName: "", Identity: "" }),
    ],
  ]);
  expect(found).toEqual([
    [1, 1],
    [2, 2],
    [2, 4],
  ]);
  expect(counts).toEqual({ "outside-scope": 1, "owner-unknown": 2 });
});

test("a tenant that changes all the time, and a device without an id, fail", async () => {
  let n = 0;
  const endless = performBulk(mobileDeviceInventory, "devices", {
    manifest: [ANNA],
    pages: () => [[device((n += 1))]],
  });
  await expect(endless).rejects.toThrow(UnusableReply);
  await expect(listed([[device(1, { Guid: null })]])).rejects.toThrow(/has no Guid/);
});

test("one mailbox is asked for by name of the parameter", async () => {
  const { rows, calls } = await performJob(mobileDeviceInventory, {
    small: true,
    answer: () => [device(1, { FirstSyncTime: "2026-01-02T03:04:05.0000000+02:00" })],
  });
  expect(calls[0]?.parameters).toEqual({ Mailbox: guid(1), ResultSize: "Unlimited" });
  expect(rows[0]?.row).toMatchObject({ FirstSyncUtc: "2026-01-02T01:04:05.000Z", MailboxId: guid(1) });
});

const ROW: Row = { MailboxId: guid(1), AccessState: "Allowed", AccessStateReason: "Global" };

test.each<[Row, string]>([
  [{}, ""],
  [{ AccessState: "Quarantined" }, "medium device-quarantined"],
  [{ AccessState: "Blocked" }, "info device-blocked"],
  [{ AccessState: "Blocked", AccessStateReason: "Individual" }, "info device-blocked"],
  [{ AccessStateReason: "Individual" }, "low allowed-by-exception"],
  [{ AccessState: "unknown" }, "unknown access-unknown"],
  [{ MailboxId: null }, "low owner-unknown"],
])("%j is judged as %j", (row, finding) => {
  expect(findingsOf(mobileDeviceInventory, { ...ROW, ...row })).toBe(finding);
});

test("a headline names device and owner", () => {
  const row = { ...ROW, FriendlyName: "iPhone", MailboxPrimarySmtp: "a@x.example" };
  expect(mobileDeviceInventory.headline?.(row)).toBe("iPhone of a@x.example is Allowed");
});
