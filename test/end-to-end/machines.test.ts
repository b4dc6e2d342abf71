/** Two machines that share nothing but Redis and a journal in Postgres. */
import { afterAll, describe, expect, test, vi } from "vitest";
import { startEmulatedService } from "../support/emulated-service.ts";
import { findPostgres } from "../support/postgres.ts";
import { openTestRedis, testRedisUrl } from "../support/redis.ts";
import { openSite } from "../support/site.ts";
import { expectWhole } from "../support/whole-run.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("on two machines", () => {
  test("a run is worked on by both, and its export is the truth, exactly", async () => {
    if (postgres === undefined) throw new Error("Cannot get here without a server");
    const { environment, trustedHosts } = postgres;
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    await (await openTestRedis()).close();
    const emulator = await startEmulatedService({ mailboxes: 600, seed: 22, profile: "off" });
    const journal = postgres.freshUrl();
    const site = await openSite(emulator, {
      settings: { redis: testRedisUrl(), journal, insecureHosts: trustedHosts },
    });
    const workers = [site.startWorker("one"), site.startWorker("two")];
    await Promise.all(workers.map((worker) => worker.line((line) => line.includes("worker started"))));
    const { id } = await site.start();
    const run = await site.over(id, 60_000);
    expect(run.workers).toHaveLength(2);
    await expectWhole(site, emulator, id);
    vi.unstubAllEnvs();
  }, 90_000);
});
