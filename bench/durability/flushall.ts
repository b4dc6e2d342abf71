/** Redis emptied at 10, 50 and 90 % of an audit, and in the middle of a plan of writes: how long until work goes on, and what is lost or done again. */
import { setStage, type Stage } from "../stage.ts";
import { type Figure, percent } from "./figure.ts";
import { flushAll, follow, startAudit, startChanges, targetsOf, wholeness } from "./run.ts";
import { isRefused, ledgerOf, mailboxesOf, readsRepeated, sendingsOf, serviceOf } from "./witness.ts";

const PARTS = [0.1, 0.5, 0.9];
const CALL_MS = 100;
/** A silence of outcomes counts for a loss of Redis when it begins so soon after it. */
const SOON_MS = 30_000;

export async function measureFlushAll(mailboxes: number, writes: number): Promise<readonly Figure[]> {
  return [...(await reading(mailboxes)), ...(await writing(writes))];
}

async function reading(mailboxes: number): Promise<readonly Figure[]> {
  return onStage(mailboxes, async (stage) => {
    const id = await startAudit(stage);
    const blows: number[] = [];
    for (const part of PARTS) {
      await follow(stage, id, part);
      blows.push(Date.now());
      await flushAll(stage);
    }
    await follow(stage, id);
    const settled = (await targetsOf(stage, id)).flatMap(({ settledAtMs }) => settledAtMs ?? []);
    const { mailboxesLost, rowsLost, rowsInvented, problems } = await wholeness(stage, id);
    return [
      ...PARTS.flatMap((part, at): Figure[] => {
        const { nextMs, silenceMs } = silenceAfter(blows[at] ?? 0, settled);
        const name = `FLUSHALL at ${part * 100} %`;
        return [
          { what: `${name}: next outcome after`, value: nextMs / 1_000, unit: "s", target: { most: 30 } },
          {
            what: `${name}: longest silence then`,
            value: silenceMs / 1_000,
            unit: "s",
            target: { most: 30 },
          },
        ];
      }),
      { what: "mailboxes lost", value: mailboxesLost, unit: `of ${settled.length}`, target: { most: 0 } },
      { what: "rows lost", value: rowsLost, unit: "rows", target: { most: 0 } },
      { what: "rows invented or doubled", value: rowsInvented, unit: "rows", target: { most: 0 } },
      { what: "problems found by verifying", value: problems, unit: "problems", target: { most: 0 } },
      {
        what: "reads repeated",
        value: percent(readsRepeated(await ledgerOf(stage)), settled.length),
        unit: "% of reads",
      },
    ];
  });
}

async function writing(writes: number): Promise<readonly Figure[]> {
  return onStage(50 + Math.ceil(writes * 1.1), async (stage) => {
    const changes = (await mailboxesOf(stage)).slice(0, writes).map((identity, place) => ({
      identity,
      cmdlet: "Set-Mailbox",
      parameters: { CustomAttribute3: `bench-${place}` },
    }));
    const id = await startChanges(stage, changes);
    await follow(stage, id, 0.5);
    await flushAll(stage);
    const run = await follow(stage, id);
    const sendings = sendingsOf(await ledgerOf(stage));
    return [
      {
        what: "writes repeated, FLUSHALL at 50 % of a plan",
        value: sendings.filter((sends) => sends.filter((send) => !isRefused(send)).length > 1).length,
        unit: `of ${changes.length}`,
        target: { most: 0 },
      },
      {
        what: "writes not carried out",
        value: changes.length - (run.outcomes.ok ?? 0),
        unit: `of ${changes.length}`,
        target: { most: 0 },
      },
    ];
  });
}

async function onStage<T>(mailboxes: number, work: (stage: Stage) => Promise<T>): Promise<T> {
  const stage = await setStage({
    mailboxes,
    profile: serviceOf(CALL_MS),
    workers: 2,
    // One plan of writes in one go: no stop after its first ones.
    settings: { limits: { writes: { canary: 0 } } },
  });
  try {
    return await work(stage);
  } finally {
    await stage.end();
  }
}

/** What was on its way is settled whether or not Redis is there; the longest silence that begins soon after is when work stood still. */
function silenceAfter(blowMs: number, settledAtMs: readonly number[]): { nextMs: number; silenceMs: number } {
  const after = settledAtMs.filter((atMs) => atMs > blowMs).sort((a, b) => a - b);
  let silenceMs = 0;
  let sinceMs = blowMs;
  for (const atMs of after) {
    if (sinceMs > blowMs + SOON_MS) break;
    silenceMs = Math.max(silenceMs, atMs - sinceMs);
    sinceMs = atMs;
  }
  return { nextMs: (after[0] ?? Number.POSITIVE_INFINITY) - blowMs, silenceMs };
}
