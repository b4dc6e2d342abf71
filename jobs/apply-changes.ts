/** Carries out the writes of an approved plan, one per target, and says of each what was there before. */
import { z } from "zod";
import { defineJob } from "../src/job/index.ts";
import type { ExoValue, Parameters } from "../src/job/index.ts";

export const applyChanges = defineJob({
  name: "apply-changes",
  summary: "Which planned changes were made, which were not needed, and what was there before",
  writes: true,
  params: z.strictObject({}),
  columns: [
    "TenantId",
    "RunId",
    "Mailbox",
    "DisplayName",
    "ExchangeGuid",
    "Cmdlet",
    "Parameters",
    "Result",
    "Before",
    "After",
    "Warnings",
    "Source",
    "DoneAtUtc",
  ],
  cmdlets: [],
  naiveCallsPerTarget: 1,
  bulk: [],
  async perform({ tenantId, runId, mailbox, line, change, write }) {
    const { changed, before, after, warnings, atMs } = await write();
    return [
      {
        about: line,
        row: {
          TenantId: tenantId,
          RunId: runId,
          Mailbox: mailbox.primarySmtp,
          DisplayName: mailbox.displayName,
          ExchangeGuid: mailbox.id,
          Cmdlet: change.cmdlet,
          Parameters: parametersText(change.parameters),
          Result: changed ? "changed" : "unchanged",
          Before: text(before),
          // Nobody looks again at what the service confirmed: what it confirmed is what was asked for.
          After: after === null && changed ? "as planned" : text(after),
          Warnings: warnings.join("; "),
          Source: "plan",
          DoneAtUtc: new Date(atMs).toISOString(),
        },
      },
    ];
  },
  judge: () => ({ observe: () => undefined, report: (rows) => rows }),
});

function parametersText(parameters: Parameters): string {
  return Object.entries(parameters)
    .map(([name, value]) => `-${name} ${JSON.stringify(value)}`)
    .join(" ");
}

/** Null is what nobody looked at. */
function text(value: ExoValue): string {
  if (value === null) return "unknown";
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part));
}
