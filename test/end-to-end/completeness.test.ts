/** Whole tenants, read by two worker processes over HTTP: what is exported is what the organisation is, both ways. */
import { expect, test } from "vitest";
import { FAULTS, PROFILES, type ScriptedFault } from "../../src/emulator/index.ts";
import { startEmulatedService } from "../support/emulated-service.ts";
import { openSite } from "../support/site.ts";
import { expectWhole } from "../support/whole-run.ts";

const MAILBOXES = process.env["EXOSWEEP_LONG"] === "1" ? 200_000 : 20_000;

/** Everything that can go wrong with a read by chance and leaves it possible. */
const TROUBLE = Object.keys(FAULTS).filter(
  // A request nobody ever answers holds its page for the whole timeout, three minutes: no trouble to be had in passing.
  (kind) => !["claims", "unauthorized", "items-swapped", "no-reply"].includes(kind),
);

/** Answers that trade places: early, when all neighbours are reads of mailbox rights, whose rows tell whose they are. */
const SWAPS: readonly ScriptedFault[] = [5, 25, 45].map((nth) => ({
  match: { cmdlet: "Get-MailboxPermission", nth },
  fault: { kind: "items-swapped" },
}));

/** Share of requests, or of single calls, that a fault strikes. */
function strikes(kind: string): number {
  return kind.startsWith("item") || kind === "transient" ? 0.002 : 0.006;
}

test(
  `${MAILBOXES} mailboxes with every quirk: the export is the truth, exactly`,
  { timeout: MAILBOXES * 20 },
  async () => {
    const emulator = await startEmulatedService({ mailboxes: MAILBOXES, seed: 20, profile: "off" });
    const site = await openSite(emulator);
    await site.startWorkers(2);
    const { id } = await site.start();
    const run = await site.over(id, MAILBOXES * 15);
    expect(run.workers).toHaveLength(2);
    await expectWhole(site, emulator, id);

    const { byCmdlet } = await emulator.ledgerSummary();
    const sendAs = (await emulator.ledger()).filter(({ cmdlet }) => cmdlet === "Get-RecipientPermission");
    const pages = sendAs.filter(({ subject }) => subject === null);
    // Each mailbox has at least a SELF entry, and a page holds 1,000 at most.
    expect(pages.length).toBeGreaterThanOrEqual(MAILBOXES / 1_000);
    expect(sendAs.length - pages.length, "mailboxes read by GUID").toBeLessThan(MAILBOXES * 0.1);
    expect(byCmdlet["Get-MailboxPermission"]).toBeLessThan(MAILBOXES * 1.02);
  },
);

test(
  "2000 mailboxes of a service in trouble: the export is the truth all the same",
  { timeout: 120_000 },
  async () => {
    const emulator = await startEmulatedService({
      mailboxes: 2_000,
      seed: 21,
      profile: {
        ...PROFILES.demo,
        rate: { kind: "bucket", rate: 120, burst: 400, unit: "item", headers: false },
        conc: { max: 12, unit: "request", retryAfter: null },
        busy: { share: 0.005, s: 8, ra: 4 },
        p5xx: 0.01,
        p5xxItem: 0.005,
        faults: {
          ...PROFILES.demo.faults,
          delaySeconds: 8,
          script: SWAPS,
          rates: Object.fromEntries(TROUBLE.map((kind) => [kind, strikes(kind)])),
        },
      },
    });
    const site = await openSite(emulator);
    await site.startWorkers(2);
    const { id } = await site.start();
    const run = await site.over(id, 100_000);
    const { arrived, delivered, byStatus } = await emulator.ledgerSummary();
    expect(run.calls.throttledItems).toBeGreaterThan(0);
    expect(run.counts["wrong-identity"]).toBeGreaterThan(0);
    expect(arrived - delivered, "replies that got lost").toBeGreaterThan(0);
    expect(Object.keys(byStatus)).toEqual(expect.arrayContaining(["429", "500", "503"]));
    await expectWhole(site, emulator, id);
  },
);
