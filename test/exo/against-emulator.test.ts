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
