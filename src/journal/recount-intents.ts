/** Where the intents of targets contradict each other, or the outcomes they led to. Pure; fed a stretch of the manifest at a time. */
import { asNumber, optional } from "./cells.ts";
import type { Cells } from "./cells.ts";
import { INTENT_ENDS } from "./contract/intents.ts";
import { OUTCOMES } from "./contract/outcomes.ts";
import type { IntentEnd } from "./contract/intents.ts";
import type { Outcome } from "./contract/outcomes.ts";

/** Ends no intent may have that led to this outcome: what was sent, or may have been, is not said to have had no effect. */
const CONTRADICTED: Readonly<Record<Outcome, readonly IntentEnd[]>> = {
  ok: [],
  ok_no_change: ["doubtful"],
  gone: [],
  denied: ["sent", "doubtful"],
  failed: ["sent", "doubtful"],
  conflict: [],
  skipped: ["sent", "doubtful"],
  quarantined: ["doubtful"],
  unresolved: [],
  cancelled: ["sent", "doubtful"],
};

/** After such an end nothing is sent for the same try. */
const FINAL: readonly Kept["end"][] = ["sent", "doubtful"];

interface Kept {
  readonly n: number;
  readonly redrive: number;
  /** `unreadable`: somebody wrote there what is none. */
  readonly end: IntentEnd | "unreadable" | undefined;
}

/**
 * One sentence for each contradiction.
 * @param earlier what the targets had before they were opened again
 * @param intents of the lines of this stretch, and of lines there are none of, by line and number
 */
export function intentProblems(
  targets: readonly Cells[],
  earlier: readonly Cells[],
  intents: readonly Cells[],
): readonly string[] {
  const byLine = Map.groupBy(intents, (cells) => asNumber(cells["line"]));
  const known = new Map(targets.map((cells) => [asNumber(cells["line"]), cells] as const));
  const strays = [...byLine.keys()].filter((line) => !known.has(line));
  const before = byLine.size === 0 ? new Map() : Map.groupBy(earlier, (cells) => asNumber(cells["line"]));
  return [
    ...strays.map((line) => `Line ${line} has intents and is not in the manifest`),
    ...[...known].flatMap(([line, target]) =>
      problemsOf(line, target, before.get(line) ?? [], (byLine.get(line) ?? []).map(toKept)),
    ),
  ];
}

function toKept({ n, redrive, ended }: Cells): Kept {
  const end = ended === null ? undefined : (INTENT_ENDS.find((known) => known === ended) ?? "unreadable");
  return { n: asNumber(n), redrive: asNumber(redrive), end };
}

function problemsOf(
  line: number,
  target: Cells,
  earlier: readonly Cells[],
  intents: readonly Kept[],
): readonly string[] {
  const counted = asNumber(target["intents"]);
  const open = optional(target["intent"], asNumber);
  if (counted === 0 && open === undefined && intents.length === 0) return [];
  const found = numbering(line, counted, intents);
  const unended = intents.filter(({ end }) => end === undefined).map(({ n }) => n);
  if (unended.length > 1) found.push(`Line ${line} has ${unended.length} intents without an end`);
  if (!unended.includes(open ?? Number.NaN) && (open !== undefined || unended.length > 0)) {
    found.push(
      `Line ${line} says that ${open === undefined ? "none" : `number ${open}`} of its intents is open`,
    );
  }
  const tries = new Map([...earlier, target].map((cells) => [asNumber(cells["redrive"]), cells]));
  for (const [redrive, ofOneTry] of Map.groupBy(intents, (intent) => intent.redrive)) {
    const recorded = tries.get(redrive);
    // One that is none is noticed where its seal is checked.
    const outcome = OUTCOMES.find((known) => known === recorded?.["outcome"]);
    if (recorded === undefined)
      found.push(`Line ${line} has an intent of redrive ${redrive}, which it never had`);
    else if (outcome !== undefined)
      found.push(...contradictions(line, outcome, recorded["reason"] !== null, ofOneTry));
    found.push(...resent(line, ofOneTry));
  }
  return found;
}

/** Intents are numbered from 1 without gaps, as far as the target counts them. */
function numbering(line: number, counted: number, intents: readonly Kept[]): string[] {
  const numbers = new Set(intents.map(({ n }) => n));
  const uncounted = [...numbers].filter((n) => n > counted);
  const found = uncounted.map((n) => `Line ${line} has an intent ${n} that it does not count`);
  const lacking = counted - (numbers.size - uncounted.length);
  if (lacking === 0) return found;
  let first = 1;
  while (numbers.has(first)) first += 1;
  const more = lacking > 1 ? ` and ${lacking - 1} more` : "";
  return [`Line ${line} lacks its intent ${first}${more}`, ...found];
}

/** @param explained the outcome has a reason: a write that was found done after it was called absent is `ok` with one */
function contradictions(
  line: number,
  outcome: Outcome,
  explained: boolean,
  intents: readonly Kept[],
): readonly string[] {
  const last = intents.at(-1);
  return intents
    .filter(
      (intent) =>
        intent.end === undefined ||
        intent.end === "unreadable" ||
        CONTRADICTED[outcome].includes(intent.end) ||
        (outcome === "ok" &&
          intent === last &&
          intent.end !== "sent" &&
          !(explained && intent.end === "absent")),
    )
    .map(
      ({ n, end }) =>
        `Line ${line} is ${outcome}, but its intent ${n} ${end === undefined ? "has no end" : `ended as ${end}`}`,
    );
}

function resent(line: number, intents: readonly Kept[]): readonly string[] {
  return intents.flatMap(({ n, end }, place) => {
    const next = intents[place + 1];
    return next !== undefined && FINAL.includes(end)
      ? [`Line ${line} was sent again with intent ${next.n}, though intent ${n} ended as ${end}`]
      : [];
  });
}
