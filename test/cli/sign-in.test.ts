import { afterAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const emulated = await openEmulatedPlace({ mailboxes: 120, seed: 6 });
afterAll(() => emulated[Symbol.asyncDispose]());
const { place, here, emulator } = emulated;

beforeEach(() => void emulator.setProfile("off"));

async function outcomesOf(id: string): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await here(["runs", "show", id, "-o", "json"]);
  return (JSON.parse(stdout) as { outcomes: Record<string, number> }).outcomes;
}

/** Slow enough to be in the middle when it happens. */
const slow = {
  latency: {
    cmdlets: { "get-mailboxpermission": { median: 150, sigma: 0, tail: { share: 0, times: 1 } } },
  },
};

describe("a sign-in that ends in mid-run", () => {
  test.each([
    [
      "because the secret expires",
      { quirks: { tokenLifetimeSeconds: 3 } },
      { quirks: { tokenLifetimeSeconds: 3, secretExpired: true } },
      /Cannot sign in to tenant "\w+": the client secret has expired; .*create a new one/,
    ],
    [
      "because Exchange takes no token any more",
      {},
      { faults: { rates: { unauthorized: 1 } } },
      /Exchange does not accept the app's token \(401\), not even a new one: check its Exchange\.ManageAsApp/,
    ],
  ])("%s pauses the run with what to do, and nothing is lost", async (_why, before, then, words) => {
    emulator.setProfile({ ...slow, ...before });
    const command = place.start(["run", "permission-audit", "--tenant", emulated.tenants[0]]);
    const id = runIdIn(await command.said(/^run \w+ running /m));
    await vi.waitUntil(async () => (await outcomesOf(id))["ok"], { timeout: 20_000 });
    emulator.setProfile({ ...slow, ...then });
    const ended = await command.ended;
    expect(ended.exitCode).toBe(5);
    expect(ended.stderr).toMatch(/^paused: auth: /m);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).toContain(`next: when it is put right, exosweep runs resume ${id}`);
    const outcomes = await outcomesOf(id);
    expect(Object.keys(outcomes)).toEqual(["ok"]);
    expect(outcomes["ok"]).toBeLessThan(122);

    emulator.setProfile("off");
    const resumed = await here(["runs", "resume", id, "-o", "json"]);
    expect([resumed.exitCode, JSON.parse(resumed.stdout)]).toMatchObject([
      0,
      { id, state: "complete", outcomes: { ok: 123 } },
    ]);
  });
});
