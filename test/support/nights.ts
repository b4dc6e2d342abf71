/** Nights of a small job in a real journal: its rows are as a test says, and one word in a row is a finding. */
import { z } from "zod";
import { defineJob, type Job, type ReadingJob } from "../../src/job/index.ts";
import type { Journal, Outcome, RunRecord } from "../../src/journal/index.ts";

const TENANT_ID = "0b1e0c7c-6f0e-4a6b-9c8e-1f2d3a4b5c6d";

/** A row with `Right` "FullAccess" is a high finding, with "SendAs" a medium one; with many rows in the run, a low one more. */
export const nightJob: ReadingJob = defineJob({
  name: "rights",
  summary: "Who holds what",
  writes: false,
  params: z.strictObject({}),
  columns: ["MailboxId", "MailboxPrimarySmtp", "Who", "Right", "Finding", "Severity"],
  cmdlets: [],
  naiveCallsPerTarget: 1,
  bulk: [],
  rules: [
    { id: "full", severity: "high", why: "It opens everything." },
    { id: "send", severity: "medium", why: "It speaks for others." },
  ],
  principalColumns: ["Who"],
  comparison: { key: ["Right"], who: { ids: ["Who"], name: "Who" }, facts: [] },
  perform: async () => [],
  judge: () => ({
    observe: () => undefined,
    report: (rows) =>
      rows.map((found) => ({
        ...found,
        findings:
          found.row["Right"] === "FullAccess"
            ? [{ rule: "full", severity: "high", words: "opens everything" } as const]
            : found.row["Right"] === "SendAs"
              ? [{ rule: "send", severity: "medium", words: "speaks for others" } as const]
              : [],
      })),
  }),
  headline: (row) =>
    `${String(row["Who"])} holds ${String(row["Right"])} on ${String(row["MailboxPrimarySmtp"])}`,
});

/** What is found of one mailbox: `anna FullAccess`, with the part of the night behind it where it has parts; or how it ended otherwise. */
export type Box = readonly string[] | Exclude<Outcome, "ok">;

/** Settles a run about mailboxes by name. */
export async function night(
  journal: Journal,
  id: string,
  boxes: Readonly<Record<string, Box>>,
  job: Job = nightJob,
): Promise<RunRecord> {
  await journal.createRun({
    id,
    job: job.name,
    tenant: "contoso",
    tenantId: TENANT_ID,
    params: {},
    naiveCallsPerTarget: 1,
    scope: {
      kind: "all",
      types: ["user"],
    },
  });
  const names = Object.keys(boxes);
  await journal.addTargets(
    id,
    names.map((name) => ({
      kind: "mailbox" as const,
      id: `id-of-${name}`,
      objectId: "",
      label: `${name}@x`,
      data: { type: "user" },
    })),
  );
  await journal.sealManifest(id);
  await journal.moveRun(id, ["planned"], "enumerating");
  await journal.moveRun(id, ["enumerating"], "running");
  for (const [place, name] of names.entries()) {
    const box = boxes[name] ?? [];
    const rows = typeof box === "string" ? [] : box;
    await journal.settle({
      run: id,
      line: place + 1,
      attempt: 1,
      worker: "w",
      atMs: 1,
      outcome: typeof box === "string" ? box : "ok",
      rows: rows.map((words) => {
        const [who = "", right = "", part] = words.split(" ");
        const row = {
          MailboxId: `id-of-${name}`,
          MailboxPrimarySmtp: `${name}@x`,
          Who: who,
          Right: right,
          ...(part !== undefined && { Job: part }),
        };
        return {
          about: place + 1,
          noise: undefined,
          row: {
            ...row,
            Finding: null,
            Severity: null,
          },
        };
      }),
    });
  }
  const failed = names.some((name) => typeof boxes[name] === "string");
  await journal.moveRun(id, ["running"], failed ? "complete_with_failures" : "complete");
  const run = await journal.run(id);
  if (run === undefined) throw new Error("Cannot set up: the journal has lost the run");
  return run;
}
