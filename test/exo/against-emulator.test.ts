import { expect, test } from "vitest";
import type { ProfilePatch } from "../../src/emulator/index.ts";
import { AT_ONCE, connected, NASTY } from "./support/emulated-client.ts";

const SCOPE = { RecipientTypeDetails: ["UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"] };

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

test.each<[string, ProfilePatch]>([
  ["its everyday quirks", AT_ONCE],
  ["every fault a read can meet", NASTY],
])(
  "an emulated tenant with %s is listed whole, and each mailbox has exactly its own entries",
  async (_, profile) => {
    const { exo, emulator, tenantId } = await connected(profile);
    expect(await exo.cmdlets()).toEqual(expect.arrayContaining(["Get-Mailbox", "Get-MailboxPermission"]));
    const listed = await exo.invoke(
      "Get-Mailbox",
      { ResultSize: "Unlimited", ...SCOPE },
      { select: ["ExchangeGuid"] },
    );
    const guids = new Set(listed.rows.map((row) => textOf(row["ExchangeGuid"])));
    expect(guids).toEqual(new Set(emulator.targets(tenantId)));

    const wanted = new Map([...guids].map((guid) => [guid, new Set<string>()]));
    for (const fact of emulator.truth(tenantId)) {
      const mailboxRight = !["SendAs", "SendOnBehalf"].includes(fact.right);
      if (mailboxRight && fact.trusteeSid !== "") wanted.get(fact.mailboxGuid)?.add(fact.trusteeSid);
    }
    const found = await Promise.all(
      [...guids].map(async (guid) => {
        const anchor = { kind: "mailbox", guid } as const;
        const { rows } = await exo.invoke("Get-MailboxPermission", { Identity: guid }, { anchor });
        return [guid, new Set(rows.map((row) => textOf(row["UserSid"])))] as const;
      }),
    );
    for (const [guid, sids] of found)
      expect([...(wanted.get(guid) ?? [])].filter((sid) => !sids.has(sid))).toEqual([]);
    expect(exo.load).toEqual({ waiting: 0, inFlight: 0 });
  },
);

test("through every fault a read can meet, Get-EXO* brings what the plain cmdlets bring", async () => {
  const { exo } = await connected({ ...NASTY, quirks: { ...NASTY.quirks, trusteeNames: 0 } });
  const everything = { ResultSize: "Unlimited", ...SCOPE };
  const [plain, resource] = await Promise.all([
    exo.invoke("Get-Mailbox", everything, { select: ["ExchangeGuid"] }),
    exo.invoke("Get-EXOMailbox", everything, { select: ["ExchangeGuid"] }),
  ]);
  const guidsOf = ({ rows }: typeof plain): readonly string[] =>
    [...new Set(rows.map((row) => textOf(row["ExchangeGuid"])))].toSorted();
  expect(guidsOf(resource)).toEqual(guidsOf(plain));

  const facts = ({ rows }: typeof plain): readonly string[] =>
    rows.map((row) => JSON.stringify([row["User"], row["AccessRights"], isSo(row["Deny"])])).toSorted();
  // A flag, or the word for it.
  const isSo = (value: unknown): boolean => value === true || value === "True";
  await Promise.all(
    guidsOf(plain)
      .slice(0, 40)
      .map(async (Identity) => {
        const anchor = { kind: "mailbox", guid: Identity } as const;
        const [one, other] = await Promise.all([
          exo.invoke("Get-MailboxPermission", { Identity }, { anchor }),
          exo.invoke("Get-EXOMailboxPermission", { Identity }, { anchor }),
        ]);
        expect(facts(other)).toEqual(facts(one));
        expect(new Set(other.rows.map((row) => row["Identity"]))).toEqual(
          new Set(one.rows.map((row) => row["Identity"])),
        );
      }),
  );
  const trustees = async (cmdlet: string): Promise<readonly string[]> =>
    (await exo.invoke(cmdlet, { ResultSize: "Unlimited" })).rows
      .map((row) => `${textOf(row["Identity"])} ${textOf(row["Trustee"])}`)
      .toSorted();
  const held = await trustees("Get-EXORecipientPermission");
  // The plain cmdlet's listing has the service's own mailboxes besides.
  const all = new Set(await trustees("Get-RecipientPermission"));
  expect(held.length).toBeGreaterThan(150);
  expect(held.filter((one) => !all.has(one))).toEqual([]);
});
