/** A client on an emulated tenant, over HTTP; with the test, both end. */
import { onTestFinished } from "vitest";
import { defaultSettings } from "../../../src/config.ts";
import { startEmulator } from "../../../src/emulator/index.ts";
import type { Emulator, ProfilePatch } from "../../../src/emulator/index.ts";
import { createExchange } from "../../../src/exo/index.ts";
import type { Exchange } from "../../../src/exo/index.ts";
import { createNetwork } from "../../../src/network/index.ts";
import { Telemetry } from "../../../src/telemetry/index.ts";
import { createTokenSource, tenantFrom } from "../../../src/tenants/index.ts";
import { openGate } from "./open-gate.ts";

const MAILBOXES = 150;

/** Answers at once. */
export const AT_ONCE = {
  latency: { roundTrip: 0, overhead: 0, refusal: 0, call: { median: 0, sigma: 0 } },
} satisfies ProfilePatch;

/** Everything that may go wrong with a read, often. */
export const NASTY = {
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

export async function connected(
  profile: ProfilePatch,
  mailboxes = MAILBOXES,
): Promise<{ exo: Exchange; emulator: Emulator; tenantId: string }> {
  const emulator = await startEmulator({ mailboxes, profile, seed: 7 });
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
