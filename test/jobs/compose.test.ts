import { describe, expect, test } from "vitest";
import { z } from "zod";
import { compose } from "../../jobs/common/compose.ts";
import { catalogue } from "../../jobs/index.ts";
import { defineJob, type FoundRow, type ReadingJob } from "../../src/job/index.ts";
import { organisation, runEmulated } from "../support/emulated-run.ts";
import { performBulk } from "../support/perform-job.ts";

const PART = "Job";
const NAMES = ["permission-audit", "forwarding-sweep", "smtp-auth-sweep", "quota-sweep", "protocols-sweep"];
const parts = catalogue.filter((job): job is ReadingJob => !job.writes && NAMES.includes(job.name));
const night = compose("nightly", "Runs several jobs over one list of mailboxes", parts);

/** What a row tells, but for the moment it was read and the number of the line a bulk read has. */
function facts(rows: readonly FoundRow[]): string[] {
  return rows
    .map(({ noise = null, row }) => {
      const { [PART]: _, ReadAtUtc: __, ...cells } = row;
      return JSON.stringify([noise, Object.entries(cells).map(String).toSorted()]);
    })
    .toSorted();
}

const total = (calls: ReadonlyMap<string, number>): number =>
  [...calls.values()].reduce((sum, made) => sum + made, 0);

describe("several jobs over one list", () => {
  test.each([
    ["a large run", 0],
    ["a small run", 1_000],
  ])("find in %s what each finds by itself, with fewer calls", async (_how, smallScope) => {
    const emulated = organisation(120);
    const together = await runEmulated(night, emulated, { smallScope });
    let apart = 0;
    for (const part of parts) {
      const alone = await runEmulated(part, emulated, { smallScope });
      const own = together.rows.filter(({ row }) => row[PART] === part.name);
      expect(own.length).toBeGreaterThan(0);
      expect(facts(own)).toEqual(facts(alone.rows));
      apart += total(alone.calls);
    }
    expect(together.rows.every(({ row }) => NAMES.includes(String(row[PART])))).toBe(true);
    expect(total(together.calls)).toBeLessThan(apart);
  });

  test("run the parts that were named, and no others", async () => {
    const params = { jobs: ["smtp-auth-sweep"] };
    const { rows, calls } = await runEmulated(night, organisation(60), { params });
    expect(new Set(rows.map(({ row }) => row[PART]))).toEqual(new Set(["smtp-auth-sweep"]));
    expect(calls.has("Get-MailboxPermission")).toBe(false);
    expect(night.params.safeParse({ jobs: ["nobody"] }).success).toBe(false);
  });

  test("run with the parameters that were given to them, and all others as usual", async () => {
    const jobs = ["permission-audit", "quota-sweep"];
    const params = { jobs, "permission-audit": { expand: "none", rights: "full-access" } };
    const emulated = organisation(60);
    const { rows, calls } = await runEmulated(night, emulated, { params });
    expect(calls.has("Get-RecipientPermission")).toBe(false);
    expect(calls.has("Get-DistributionGroupMember")).toBe(false);
    const audit = parts.find(({ name }) => name === "permission-audit");
    if (audit === undefined) throw new Error("It is no part");
    const alone = await runEmulated(audit, emulated, { params: params["permission-audit"] });
    expect(facts(rows.filter(({ row }) => row[PART] === audit.name))).toEqual(facts(alone.rows));
    expect(rows.some(({ row }) => row[PART] === "quota-sweep")).toBe(true);
  });

  test("refuse parameters that are not theirs, and those of a part that does not run", () => {
    const mistakes = (params: object): readonly string[] =>
      (night.params.safeParse(params).error?.issues ?? []).map(
        ({ path, message }) => `${path.join(".")}: ${message}`,
      );
    expect(mistakes({ "permission-audit": { expand: "rows" } })).toEqual([]);
    expect(mistakes({ "permission-audit": { expand: "all" } })).toEqual([
      expect.stringMatching(/^permission-audit\.expand: Invalid option/),
    ]);
    expect(mistakes({ "permission-audit": { expnd: "rows" } })).toEqual([
      expect.stringMatching(/^permission-audit: Unrecognized key: "expnd"/),
    ]);
    expect(mistakes({ "nobodys-audit": {} })).toEqual([expect.stringContaining("nobodys-audit")]);
    expect(mistakes({ jobs: ["quota-sweep"], "permission-audit": {} })).toEqual([
      "permission-audit: it does not run: name it in jobs, or leave its parameters out",
    ]);
  });

  test("need each cmdlet once, for the parts that want it", () => {
    const cmdlets = night.cmdlets.map(({ cmdlet }) => cmdlet);
    expect(new Set(cmdlets).size).toBe(cmdlets.length);
    const sendAs = night.cmdlets.find(({ cmdlet }) => cmdlet === "Get-RecipientPermission");
    expect(sendAs?.role).toBe("Recipient Management");
    expect(sendAs?.wanted?.({ jobs: NAMES })).toBe(true);
    expect(sendAs?.wanted?.({ jobs: ["quota-sweep"] })).toBe(false);
    const reads = night.bulk.map(({ name }) => name);
    expect(new Set(reads).size).toBe(reads.length);
    expect(reads).toContain("permission-audit-send-as");
  });

  test("read groups for all of them in one turn, and each group once", async () => {
    const named = ["permission-audit", "forwarding-sweep"];
    const last = night.bulk.filter((read) => read.last);
    expect(last.map(({ name }) => name)).toEqual(["all-get-distributiongroupmember"]);
    const wanted = (params: object): boolean | undefined => last[0]?.wanted?.(night.params.parse(params));
    const without = Object.fromEntries(named.map((part) => [part, { expand: "none" }]));
    expect([wanted({}), wanted({ "permission-audit": { expand: "none" } })]).toEqual([true, true]);
    expect([wanted(without), wanted({ jobs: "quota-sweep" })]).toEqual([false, false]);
  });

  test("a read that begins again in the middle of one part's turn brings the rows of the parts before it, too", async () => {
    type Step = readonly string[] | "restarted";
    const job = (name: string, steps: readonly Step[]): ReadingJob =>
      defineJob({
        name,
        summary: name,
        writes: false,
        params: z.strictObject({}),
        columns: ["Found"],
        cmdlets: [],
        naiveCallsPerTarget: 1,
        bulk: [
          {
            name: "last",
            cmdlet: "Get-Group",
            last: true,
            async *perform() {
              for (const step of steps)
                yield step === "restarted"
                  ? { restarted: true as const, reason: "lost" }
                  : step.map((Found) => ({ about: 1, row: { Found } }));
            },
          },
        ],
        perform: async () => [],
        judge: () => ({ observe: () => undefined, report: (rows) => rows }),
      });
    const both = compose("both", "Both", [job("one", [["a"]]), job("two", [["b"], "restarted", ["c"]])]);
    const { rows } = await performBulk(both, "all-get-group", { manifest: [], pages: () => [] });
    expect(rows.map(({ row }) => row)).toEqual([
      { [PART]: "one", Found: "a" },
      { [PART]: "two", Found: "c" },
    ]);
  });
});
