/** Nights of a small job in a real journal: its rows are as a test says, and one word in a row is a finding. */
import { z } from "zod";
import { defineJob, type Job, type ReadingJob } from "../../src/job/index.ts";
import type { Journal, Outcome, RunRecord } from "../../src/journal/index.ts";
import { GroupBook } from "../../src/reports/index.ts";

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

/** The same job, which also reads who is in groups, and whose rows say what these hold. */
export const groupNightJob: ReadingJob = defineJob({
  ...nightJob,
  name: "group-rights",
  bulk: [
    {
      name: "members",
      cmdlet: "Get-DistributionGroupMember",
      last: true,
      perform: () => {
        throw new Error("Nobody performs this job");
      },
    },
  ],
  memberRow: () => ({}),
  access: {
    of: (row) => ({
      holder: {
        id: String(row["Who"]),
        sid: "",
        text: "",
        displayName: "",
        address: "",
        type: "group",
      },
      right: String(row["Right"]),
      allow: true,
      inherited: false,
      source: { kind: "direct", path: [] },
      readAt: "",
    }),
    seeks: () => true,
  },
});

/** Ids of members of each group; one that is the id of a group is that group, `x@guest` a guest. One that holds nothing is in another only. */
export type NightGroups = Readonly<
  Record<string, { readonly members: readonly string[]; readonly gap?: string; readonly holdsNothing?: true }>
>;

async function keepGroups(journal: Journal, run: string, groups: NightGroups): Promise<void> {
  const book = new GroupBook(journal, run);
  for (const [id, { members, gap }] of Object.entries(groups))
    await book.keep({
      id,
      displayName: `Group ${id}`,
      members: members.map((member) => ({
        id: member,
        displayName: member,
        address: member in groups ? "" : `${member}@x`,
        type: member in groups ? "group" : member.endsWith("@guest") ? "guest" : "user",
      })),
      ...(gap === undefined ? {} : { gap }),
    });
  const holding = Object.keys(groups).filter((id) => groups[id]?.holdsNothing !== true);
  await book.keepReach(holding.map((id) => ({ id, people: 0, guests: 0 })));
}

/** Settles a run about mailboxes by name. @param groups of a job that reads them; absent: the run was not asked for any */
export async function night(
  journal: Journal,
  id: string,
  boxes: Readonly<Record<string, Box>>,
  job: Job = nightJob,
  groups?: NightGroups | "failed",
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
  const reads = groups === undefined ? [] : job.bulk.filter(({ last }) => last).map(({ name }) => name);
  await journal.addTargets(id, [
    ...names.map((name) => ({
      kind: "mailbox" as const,
      id: `id-of-${name}`,
      objectId: "",
      label: `${name}@x`,
      data: { type: "user" },
    })),
    ...reads.map((name) => ({
      kind: "bulk" as const,
      id: name,
      objectId: "",
      label: name,
      data: null,
    })),
  ]);
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
  const outcome = groups === "failed" ? groups : "ok";
  if (groups !== undefined && groups !== "failed") await keepGroups(journal, id, groups);
  for (const line of reads.map((_, place) => names.length + place + 1))
    await journal.settle({ run: id, line, attempt: 1, worker: "w", atMs: 1, outcome, rows: [] });
  const failed = outcome !== "ok" || names.some((name) => typeof boxes[name] === "string");
  await journal.moveRun(id, ["running"], failed ? "complete_with_failures" : "complete");
  const run = await journal.run(id);
  if (run === undefined) throw new Error("Cannot set up: the journal has lost the run");
  return run;
}
