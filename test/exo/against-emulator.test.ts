import { expect, onTestFinished, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { startEmulator } from "../../src/emulator/index.ts";
import type { Emulator, ProfilePatch } from "../../src/emulator/index.ts";
import { createExchange } from "../../src/exo/index.ts";
import type { Exchange } from "../../src/exo/index.ts";
import { createNetwork } from "../../src/network/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createTokenSource, tenantFrom } from "../../src/tenants/index.ts";
import { openGate } from "./support/open-gate.ts";

const MAILBOXES = 150;
const SCOPE = { RecipientTypeDetails: ["UserMailbox", "SharedMailbox", "RoomMailbox", "EquipmentMailbox"] };

async function connected(
  profile: ProfilePatch,
): Promise<{ exo: Exchange; emulator: Emulator; tenantId: string }> {
  const emulator = await startEmulator({ mailboxes: MAILBOXES, profile, seed: 7 });
  const [access] = emulator.tenants;
  if (access === undefined) throw new Error("the emulator has no tenant");
  const network = createNetwork({ connections: 32, environment: {} });
  const { tenantId, domain, clientId, secret } = access;
  const cloud = { login: emulator.url, exchange: emulator.url };
  const tenant = tenantFrom(
    { name: "emulated", tenantId, domain, clientId, secret: { env: "SECRET" }, cloud },
    [],
  );
  const tokens = createTokenSource(tenant, { network, environment: { SECRET: secret } });
  const settings = defaultSettings({ requests: { retryDelayMs: 5, timeoutMs: 1_500, maxRetries: 20 } });
  const exo = createExchange({
    tenant,
    tokens,
    gate: openGate(10, 8),
    network,
    settings,
    telemetry: new Telemetry(),
  });
  onTestFinished(async () => {
    await exo.close();
    await network.close();
    await emulator.stop();
  });
  return { exo, emulator, tenantId };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** Answers at once. */
const AT_ONCE = {
  latency: { roundTrip: 0, overhead: 0, refusal: 0, call: { median: 0, sigma: 0 } },
} satisfies ProfilePatch;

/** Everything that may go wrong with a read, often. */
const NASTY = {
  ...AT_ONCE,
  quirks: {
    transientOn400: 0.05,
    transientOn500: 0.05,
    gatewayErrors: 0.05,
    missingItems: 0.02,
    nullItems: 0.02,
    claimsChallenge: 0.01,
    wholeBatchFailure: 0.05,
    midPagingErrors: 0.05,
    errorInSuccess: 0.02,
    mislabelledGzip: 0.5,
    gzipReplies: 0.5,
  },
  faults: {
    readsOnly: true,
    rates: {
      "lost-after": 0.02,
      "lost-before": 0.02,
      reset: 0.02,
      truncated: 0.02,
      cut: 0.02,
      garbled: 0.02,
      unavailable: 0.02,
      "bad-gateway": 0.02,
      "item-twice": 0.01,
      "item-foreign": 0.01,
    },
  },
} satisfies ProfilePatch;

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
