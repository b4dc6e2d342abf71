/** Headers that make no sense, sent over HTTP to the client with its real gate: none stops a tenant for ever, and none is sent through. */
import { expect, onTestFinished, test } from "vitest";
import { defaultSettings } from "../../src/config.ts";
import { createExchange } from "../../src/exo/index.ts";
import { createNetwork } from "../../src/network/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { createMemoryGate } from "../../src/throttle/index.ts";
import { PERMISSION, countingTokens, tenantAt } from "./support/client.ts";
import { echo, wireServer, type Said } from "./support/wire-server.ts";

/** Refuses the first request as told, and answers all others with these headers. @returns ms from the refusal to the next request */
async function refusedOnce(refusal: Said, later: Said["headers"] = {}): Promise<number> {
  const arrivals: number[] = [];
  const server = await wireServer((asked, count) => {
    arrivals.push(performance.now());
    return count === 1 ? { status: 429, ...refusal } : { ...echo(asked), headers: later };
  });
  const settings = defaultSettings();
  const telemetry = new Telemetry();
  const network = createNetwork({ connections: 8, environment: {} });
  const gate = createMemoryGate({ settings, telemetry });
  const tenant = tenantAt(server.origin);
  const exo = createExchange({ tenant, tokens: countingTokens(), gate, network, settings, telemetry });
  onTestFinished(async () => {
    await exo.close();
    await gate.close();
    await network.close();
    await server.close();
  });
  await exo.invoke(PERMISSION, { Identity: "a" });
  const [first = 0, second = 0] = arrivals;
  for (const Identity of ["b", "c", "d"]) await exo.invoke(PERMISSION, { Identity });
  return second - first;
}

const date = (aheadMs: number): string => new Date(Date.now() + aheadMs).toUTCString();

test.concurrent.for([
  ["-5"],
  ["soon"],
  [""],
  ["NaN"],
  ["1e9"],
  ["0x10"],
  ["7; drop"],
  ["1,5"],
  ["0"],
  [date(-600_000)],
  ["Thu, 99 Foo 2026 99:99:99 GMT"],
])("a Retry-After of %j is not obeyed, and ends in a short wait of our own", async ([value = ""]) => {
  expect(await refusedOnce({ headers: { "retry-after": value } })).toBeLessThan(6_000);
});

test.concurrent("a Retry-After of seconds, with or without a fraction, is waited for", async () => {
  expect(await refusedOnce({ headers: { "retry-after": "1.2" } })).toBeGreaterThanOrEqual(1_190);
});

test.concurrent.for([[-600_000], [600_000]])(
  "a Retry-After that is a date is measured on the server's clock, %i ms from ours",
  async ([skewMs = 0]) => {
    const waitedMs = await refusedOnce({
      headers: { date: date(skewMs), "retry-after": date(skewMs + 2_000) },
    });
    // Dates have whole seconds.
    expect(waitedMs).toBeGreaterThanOrEqual(990);
    expect(waitedMs).toBeLessThan(6_000);
  },
);

const rate = (limit: string, remaining: string, reset: string): Record<string, string> => ({
  "rate-limit-limit": limit,
  "rate-limit-remaining": remaining,
  "rate-limit-reset": reset,
});

test.concurrent.for([
  ["negative", rate("-1", "-5", date(1_000))],
  ["huge", rate("999999999999999999999", "999999999999", date(1_000))],
  ["text", rate("many", "some", "soon")],
  ["nothing left until next year", rate("100", "0", new Date(Date.now() + 31_536_000_000).toISOString())],
  ["a reset that is over", rate("100", "0", date(-600_000))],
  ["more left than there is", rate("10", "100", date(1_000))],
  ["a limit of zero", rate("0", "0", date(1_000))],
] as const)("Rate-Limit headers that are %s stop nobody", async ([, headers]) => {
  expect(await refusedOnce({ headers: { "retry-after": "0.1", ...headers } }, headers)).toBeLessThan(6_000);
});
