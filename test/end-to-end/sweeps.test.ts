/** Every reading job of the catalogue, run from the command line over HTTP, with the quirks of the emulator: whole tenants and single mailboxes. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { catalogue } from "../../jobs/index.ts";
import type { MailboxFact } from "../../src/emulator/cmdlet.ts";
import { type EmulatedPlace, openEmulatedPlace, runIdIn } from "../support/emulated-place.ts";

const MAILBOXES = 150;
const READING = catalogue.filter(({ writes, parts }) => !writes && !parts).map(({ name }) => name);

let emulated: EmulatedPlace;

beforeAll(async () => {
  emulated = await openEmulatedPlace({ mailboxes: MAILBOXES });
  await emulated.configure("runs: { pollMs: 50, smallScope: 30 }");
});

afterAll(() => emulated[Symbol.asyncDispose]());

type Exported = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** What a finished run exports, hidden rows too. */
async function exported(words: readonly string[]): Promise<readonly Exported[]> {
  const [tenant] = emulated.tenants;
  const ended = await emulated.here(["run", ...words, "--tenant", tenant]);
  expect({ exitCode: ended.exitCode, said: ended.exitCode === 0 ? "" : ended.stderr }).toEqual({
    exitCode: 0,
    said: "",
  });
  const run = runIdIn(ended.stderr);
  const { stdout } = await emulated.here(["export", run, "--format", "ndjson", "--include-noise"]);
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Exported);
}

async function truth(): Promise<readonly MailboxFact[]> {
  const [tenant] = emulated.emulator.tenants;
  const response = await fetch(
    `${emulated.emulator.url}/__emulator/tenants/${tenant?.tenantId ?? ""}/mailboxes`,
  );
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as MailboxFact);
}

test.each(READING)(
  "%s of a whole tenant is complete, and so is a small one",
  { timeout: 60_000 },
  async (job) => {
    const whole = await exported([job, "--all"]);
    expect(whole.length).toBeGreaterThan(0);
    const few = await exported([job, "--sample", "10"]);
    const mailboxes = new Set(few.map((row) => row["MailboxId"]).filter((id) => id !== null));
    expect(mailboxes.size).toBeLessThanOrEqual(10);
  },
);

test(
  "what came over HTTP is what the mailboxes are, rules by their exact ids",
  { timeout: 60_000 },
  async () => {
    const facts = await truth();
    expect(facts).toHaveLength(MAILBOXES);
    const rules = await exported(["inbox-rule-sweep"]);
    const ids = rules
      .filter((row) => row["Noise"] !== "IR1")
      .map((row) => `${String(row["MailboxId"])} ${String(row["RuleId"])}`);
    const known = facts.flatMap(({ mailboxGuid, rules: own }) => own.map(({ id }) => `${mailboxGuid} ${id}`));
    expect(known.filter((id) => !ids.includes(id))).toEqual([]);

    const sends = await exported(["forwarding-sweep"]);
    const ways = sends.flatMap((row) =>
      row["MailboxId"] === null
        ? []
        : [`${String(row["MailboxId"])} ${String(row["RuleId"] ?? "")} ${String(row["DestinationAddress"])}`],
    );
    expect(ways.toSorted()).toEqual(
      facts
        .flatMap(({ mailboxGuid, sends: own }) =>
          own.map(({ rule, address }) => `${mailboxGuid} ${rule} ${address}`),
        )
        .toSorted(),
    );
  },
);
