import { expect, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { createExchange } from "../../src/exo/index.ts";
import { createNetwork } from "../../src/network/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { SignInError } from "../../src/tenants/index.ts";
import type { TokenSource } from "../../src/tenants/index.ts";
import { PERMISSION, TENANT_ID, names, tenantAt } from "./support/client.ts";
import { openGate } from "./support/open-gate.ts";
import { echo, wireServer } from "./support/wire-server.ts";

/** An Exchange with a token source of the test's own. */
async function withTokens(tokens: TokenSource) {
  const server = await wireServer(echo);
  const network = createNetwork({ connections: 4, environment: {} });
  const defaults = defaultSettings();
  const exo = createExchange({
    tenant: tenantAt(server.origin),
    tokens,
    gate: openGate(),
    network,
    settings: {
      api: defaults.api,
      batch: defaults.batch,
      requests: { ...defaults.requests, retryDelayMs: 1, maxRetries: 2 },
    },
    telemetry: new Telemetry(),
  });
  const close = async (): Promise<void> => {
    await exo.close();
    await network.close();
    await server.close();
  };
  return { exo, server, close };
}

test("a sign-in that fails for good reaches every caller as it is, and nothing is sent", async () => {
  const failure = new SignInError("contoso", "the client secret has expired", "Create a new one.");
  const { exo, server, close } = await withTokens({ token: () => Promise.reject(failure) });
  const outcomes = await Promise.allSettled(names(3).map((Identity) => exo.invoke(PERMISSION, { Identity })));
  for (const outcome of outcomes) expect(outcome).toEqual({ status: "rejected", reason: failure });
  expect(server.asked).toHaveLength(0);
  await close();
});

test("a sign-in service in trouble is asked again", async () => {
  let times = 0;
  const { exo, close } = await withTokens({
    token: () => {
      times += 1;
      if (times < 3) return Promise.reject(new SignInError("contoso", "busy", "Wait.", true));
      return Promise.resolve({ value: "token", expiresAtMs: Date.now() + 1e6 });
    },
  });
  expect((await exo.invoke(PERMISSION, { Identity: "a" })).rows).toHaveLength(1);
  await close();
});

test("a token of another tenant is refused before anything is sent", async () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const value = `${part({})}.${part({ tid: "22222222-2222-4333-8444-555555555555" })}.x`;
  const { exo, server, close } = await withTokens({
    token: () => Promise.resolve({ value, expiresAtMs: 1e15 }),
  });
  const [outcome] = await Promise.allSettled([exo.invoke(PERMISSION, { Identity: "a" })]);
  const reason: unknown = outcome.status === "rejected" ? outcome.reason : undefined;
  expect(reason).toBeInstanceOf(SignInError);
  expect(String(reason)).toContain(`not for ${TENANT_ID}`);
  expect(server.asked).toHaveLength(0);
  await close();
});
