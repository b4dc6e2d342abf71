/** The contract of a journal in plain objects, for one run. */
import { isComplete, isOver } from "../../src/journal/index.ts";
import type {
  Decision,
  IntentEnd,
  Journal,
  Json,
  NewIntent,
  NewRow,
  NewTarget,
  Outcome,
  RunState,
  Settlement,
  StoredRow,
  TargetFilter,
} from "../../src/journal/index.ts";
import { gather, manifestHash } from "./samples.ts";

export const RUN = "r1";

/** Outcomes that say that nothing was changed. */
const UNACTED: readonly Outcome[] = ["failed", "denied", "cancelled"];

interface Ending {
  readonly outcome: Outcome;
  readonly fingerprint: string | undefined;
  readonly rows: readonly StoredRow[];
  readonly counts: Readonly<Record<string, number>>;
}

interface ModelIntent {
  readonly attempt: number;
  readonly redrive: number;
  readonly atMs: number;
  readonly looks: Json[];
  end: IntentEnd | undefined;
}

interface ModelTarget {
  readonly intents: ModelIntent[];
  readonly target: NewTarget;
  readonly staged: Map<number, NewRow[]>;
  readonly earlier: Ending[];
  ending: Ending | undefined;
}

/** The contract in plain objects. A method answers what the journal must answer; `refused` stands for a JournalError. */
export class Model {
  targets: ModelTarget[] = [];
  sealed = false;
  state: RunState = "planned";
  redrives = 0;

  addTargets(targets: readonly NewTarget[]): number | "refused" {
    if (targets.length === 0) return 0;
    if (this.sealed || isOver(this.state)) return "refused";
    const before = this.targets.length;
    for (const target of targets) {
      if (this.targets.some((known) => known.target.id === target.id)) continue;
      this.targets.push({ target, staged: new Map(), earlier: [], ending: undefined, intents: [] });
    }
    return this.targets.length - before;
  }

  clearTargets(): "refused" | undefined {
    if (this.sealed || isOver(this.state)) return "refused";
    if (this.targets.some(({ ending, earlier }) => ending !== undefined || earlier.length > 0))
      return "refused";
    this.targets = [];
    return undefined;
  }

  seal(): string {
    if (!this.sealed && isOver(this.state)) return "refused";
    this.sealed = true;
    return manifestHash(this.targets.map(({ target }) => target));
  }

  moveRun(from: readonly RunState[], to: RunState): boolean {
    if (!from.includes(this.state)) return false;
    if (isComplete(to) && this.targets.some(({ ending }) => ending === undefined)) return false;
    this.state = to;
    return true;
  }

  stage(line: number, attempt: number, rows: readonly NewRow[]): "refused" | undefined {
    if (rows.length === 0) return undefined;
    const target = this.targets[line - 1];
    if (target === undefined) return "refused";
    if (target.ending !== undefined || isOver(this.state)) return undefined;
    if (!this.sealed || rows.some(({ about }) => about > this.targets.length)) return "refused";
    target.staged.set(attempt, [...(target.staged.get(attempt) ?? []), ...rows]);
    return undefined;
  }

  dropStaged(line: number, attempt: number): void {
    this.targets[line - 1]?.staged.delete(attempt);
  }

  settle(settled: Settlement): "settled" | "again" | "held" | "fenced" | "refused" {
    const target = this.targets[settled.line - 1];
    if (target === undefined) return "refused";
    if (target.ending !== undefined) return "again";
    if (openOf(target) !== settled.intent?.n) return "held";
    if (isOver(this.state) && !(this.state === "cancelled" && settled.intent !== undefined)) {
      target.staged.delete(settled.attempt);
      return "fenced";
    }
    if (!this.sealed || settled.rows.some(({ about }) => about > this.targets.length)) return "refused";
    this.endIntent(settled.line, settled.intent?.n ?? 0, settled.intent?.end ?? "sent");
    const rows = [...(target.staged.get(settled.attempt) ?? []), ...settled.rows];
    target.staged.clear();
    target.ending = {
      outcome: settled.outcome,
      fingerprint: settled.fingerprint,
      rows: rows.map((row) => ({ ...row, line: settled.line })),
      counts: settled.counts ?? {},
    };
    return "settled";
  }

  cancelPending(sparedSinceMs: number | undefined): number {
    if (this.state !== "cancelled") return 0;
    const pending = this.targets.filter(
      ({ ending, intents }) =>
        ending === undefined &&
        !intents.some(({ end, atMs }) => end === undefined && atMs >= (sparedSinceMs ?? Infinity)),
    );
    for (const target of pending) {
      const open = target.intents.find(({ end }) => end === undefined);
      if (open !== undefined) open.end = "doubtful";
      const outcome = open === undefined ? "cancelled" : "unresolved";
      target.ending = { outcome, fingerprint: undefined, rows: [], counts: {} };
    }
    return pending.length;
  }

  openIntent({ line, attempt, atMs }: NewIntent): string {
    const target = this.targets[line - 1];
    if (target === undefined) return "refused";
    if (target.ending !== undefined) return "over";
    if (this.state !== "running" && this.state !== "throttled") return "stopped";
    const open = target.intents.find(({ end }) => end === undefined);
    if (open !== undefined && open.attempt !== attempt) return `held by ${target.intents.indexOf(open) + 1}`;
    if (!this.sealed) return "refused";
    if (open !== undefined) open.end = "refused";
    target.intents.push({ attempt, redrive: target.earlier.length, atMs, looks: [], end: undefined });
    return `opened ${target.intents.length}`;
  }

  endIntent(line: number, n: number, end: IntentEnd): boolean {
    const found = this.targets[line - 1]?.intents[n - 1];
    if (found === undefined || found.end !== undefined) return false;
    found.end = end;
    return true;
  }

  addLook(line: number, n: number, look: Json): boolean {
    const found = this.targets[line - 1]?.intents[n - 1];
    if (found === undefined || found.end !== undefined) return false;
    found.looks.push(look);
    return true;
  }

  decide({ line, outcome }: Decision): boolean | "refused" {
    const target = this.targets[line - 1];
    if (target === undefined || outcome === "unresolved") return "refused";
    if (target.ending?.outcome !== "unresolved") return false;
    target.earlier.push(target.ending);
    target.ending = outcome && { outcome, fingerprint: undefined, rows: [], counts: {} };
    return true;
  }

  redrive(filter: TargetFilter): number {
    const opened = this.targets.filter(
      ({ ending }, place) =>
        ending !== undefined &&
        ending.outcome !== "unresolved" &&
        filter.pending !== true &&
        (filter.outcome?.includes(ending.outcome) ?? true) &&
        (filter.fingerprint === undefined || filter.fingerprint === ending.fingerprint) &&
        (filter.lines?.has(place + 1) ?? true),
    );
    for (const target of opened) {
      if (target.ending !== undefined) target.earlier.push(target.ending);
      target.ending = undefined;
    }
    this.redrives += Number(opened.length > 0);
    return opened.length;
  }

  /** Number of the intent of a line that has no end. */
  openIntentOf(line: number): number | undefined {
    const target = this.targets[line - 1];
    return target && openOf(target);
  }

  /** Lines with a try whose intents do not go with its outcome, or with each other. */
  contradictions(): readonly number[] {
    return this.targets.flatMap(({ intents, earlier, ending }, place) => {
      const wrong = [...earlier, ending].some((of, redrive) => {
        const ends = intents.filter((intent) => intent.redrive === redrive).map(({ end }) => end);
        const mayHaveActed = (end: IntentEnd | undefined): boolean => end === "sent" || end === "doubtful";
        if (ends.slice(0, -1).some(mayHaveActed)) return true;
        if (of?.outcome === "ok") return ends.length > 0 && ends.at(-1) !== "sent";
        const unacted = of?.outcome !== undefined && UNACTED.includes(of.outcome);
        return unacted && ends.some(mayHaveActed);
      });
      return wrong ? [place + 1] : [];
    });
  }

  /** What everybody can see of the record. */
  view(): unknown {
    const endings = this.targets.flatMap(({ ending }) => ending ?? []);
    const rows = endings.flatMap((ending) => ending.rows);
    return {
      state: this.state,
      sealed: this.sealed,
      redrives: this.redrives,
      rows: rows.length,
      outcomes: sumUp(endings.map(({ outcome }) => [outcome, 1])),
      noise: sumUp(rows.flatMap(({ noise }) => (noise === undefined ? [] : [[noise, 1] as const]))),
      counts: sumUp(endings.flatMap(({ counts }) => Object.entries(counts))),
      open: this.targets.flatMap((target, place) => (openOf(target) === undefined ? [] : [place + 1])),
      intents: this.targets.map(({ intents }) =>
        intents.map(({ attempt, redrive, end, looks }) => ({ attempt, redrive, end, looks })),
      ),
      targets: this.targets.map(({ target, ending, earlier }) => ({
        id: target.id,
        outcome: ending?.outcome,
        rows: ending?.rows.length ?? 0,
        redrive: earlier.length,
        earlier: earlier.map(({ outcome, rows }) => `${outcome} ${rows.length}`),
      })),
      pending: this.targets.flatMap(({ ending }, place) => (ending === undefined ? [place + 1] : [])),
      found: rows.toSorted((a, b) => a.about - b.about || a.line - b.line),
    };
  }
}

/** Number of the intent without an end. */
function openOf({ intents }: ModelTarget): number | undefined {
  const place = intents.findIndex(({ end }) => end === undefined);
  return place < 0 ? undefined : place + 1;
}

function sumUp(counts: readonly (readonly [string, number])[]): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const [name, by] of counts) sums.set(name, (sums.get(name) ?? 0) + by);
  return Object.fromEntries([...sums].filter(([, sum]) => sum !== 0));
}

/** The same of a journal, as `Model.view` has it. */
export async function viewOf(journal: Journal): Promise<unknown> {
  const run = await journal.run(RUN);
  const targets = await gather(journal.targets(RUN));
  const intents = await Promise.all(targets.map(({ line }) => journal.intents(RUN, line)));
  const earlier = await Promise.all(targets.map(({ line }) => journal.history(RUN, line)));
  return {
    state: run?.state,
    sealed: run?.manifest !== undefined,
    redrives: run?.redrives,
    rows: run?.rows,
    outcomes: run?.outcomes,
    noise: run?.noise,
    counts: run?.counts,
    open: await journal.openIntents(RUN, 0, 100),
    intents: intents.map((ofOne) =>
      ofOne.map(({ attempt, redrive, end, looks }) => ({ attempt, redrive, end, looks })),
    ),
    targets: targets.map(({ id, outcome, rows, redrive }, place) => ({
      id,
      outcome,
      rows,
      redrive,
      earlier: earlier[place]?.map(({ outcome, rows }) => `${outcome} ${rows}`),
    })),
    pending: await journal.pending(RUN, 0, 100),
    found: await gather(journal.rows(RUN)),
  };
}
