/**
 * A run as one page: what it was, what it found, and its rows to search, all in one file that needs no network. A policy in the page lets its
 * own script and style run and nothing else; data is text everywhere. The same run gives the same bytes.
 */
import { createHash } from "node:crypto";
import { type Cell, type Grade, GRADES } from "../../job/index.ts";
import type { RunRecord } from "../../journal/index.ts";
import { completenessOf } from "../completeness.ts";
import type { Writing, WritingContext } from "../formats.ts";
import { plain } from "../plain.ts";
import { renderSummary } from "../render-summary.ts";
import { runHeader } from "../run-header.ts";
import type { Summary } from "../summary.ts";
import { type Bar, barChart } from "./charts.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";
import { embeddedJson, html } from "./text.ts";
import { parameterWords, scopeWords } from "./words.ts";

/** Rows a page carries: more than a browser searches at once without a pause. */
const MOST_ROWS = 100_000;
/** Rows that share their texts. */
const BLOCK_ROWS = 2_000;
/** Of a cell; the other formats have all of it. */
const CELL_CHARACTERS = 2_000;
/** Columns that people look at first. */
const FIRST = ["Severity", "Finding"];
/** Columns that programs look at: they come last. */
const ID = /(?:Id|Sid|Guid)$/;
const TOP = 20;

export interface PageFacts {
  /** What the run found; takes a pass over its rows. */
  readonly summary: () => Promise<Summary>;
  /** `Job.noiseRules` */
  readonly noiseRules: Readonly<Record<string, string>>;
}

/** @param mostRows for tests */
export function htmlWriting(context: WritingContext, facts: PageFacts, mostRows = MOST_ROWS): Writing {
  return new Page(context, facts, mostRows);
}

class Page implements Writing {
  readonly #context: WritingContext;
  readonly #facts: PageFacts;
  /** Places of the columns in the order they are shown. */
  readonly #order: readonly number[];
  readonly #severityPlace: number;
  readonly #mostRows: number;
  #room: Room | undefined;
  #block = new Block();
  #rows = 0;

  constructor(context: WritingContext, facts: PageFacts, mostRows: number) {
    this.#context = context;
    this.#facts = facts;
    this.#mostRows = mostRows;
    const names = context.layout.columns.map(({ name }) => name);
    const first = FIRST.map((name) => names.indexOf(name)).filter((place) => place >= 0);
    const rest = names.map((_, place) => place).filter((place) => !first.includes(place));
    const isId = (place: number): boolean => ID.test(names[place] ?? "");
    this.#order = [...first, ...rest.filter((place) => !isId(place)), ...rest.filter(isId)];
    this.#severityPlace = names.indexOf("Severity");
  }

  async begin(): Promise<void> {
    const summary = await this.#facts.summary();
    this.#room = new Room(summary, this.#mostRows);
    await this.#context.sink.write(
      headOf(this.#context.run, summary, this.#facts.noiseRules, this.#severityPlace >= 0),
    );
  }

  async row(cells: readonly Cell[]): Promise<void> {
    this.#rows += 1;
    if (this.#room?.takes(cells[this.#severityPlace] ?? null) !== true) return;
    this.#block.add(this.#order.map((place) => shownText(cells[place] ?? null)));
    if (this.#block.rows >= BLOCK_ROWS) await this.#endBlock();
  }

  async end(): Promise<void> {
    await this.#endBlock();
    const { columns } = this.#context.layout;
    const about = {
      columns: this.#order.map((place) => ({
        name: plain(columns[place]?.name ?? ""),
        numeric: columns[place]?.type === "integer" || columns[place]?.type === "number",
      })),
      severity: this.#order.indexOf(this.#severityPlace),
      grades: GRADES,
      rows: this.#rows,
    };
    await this.#context.sink.write(
      `<script type="application/json" id="about">${embeddedJson(about)}</script>\n` +
        `<script>${SCRIPT}</script>\n</body>\n</html>\n`,
    );
  }

  async #endBlock(): Promise<void> {
    if (this.#block.rows === 0) return;
    await this.#context.sink.write(
      `<script type="application/json" class="rows">${embeddedJson(this.#block)}</script>\n`,
    );
    this.#block = new Block();
  }
}

/** Rows whose texts are written once each. */
class Block {
  readonly #places = new Map<string, number>();
  readonly #rows: number[][] = [];

  get rows(): number {
    return this.#rows.length;
  }

  add(cells: readonly string[]): void {
    this.#rows.push(
      cells.map((text) => {
        const known = this.#places.get(text);
        if (known !== undefined) return known;
        this.#places.set(text, this.#places.size);
        return this.#places.size - 1;
      }),
    );
  }

  toJSON(): unknown {
    return { texts: [...this.#places.keys()], rows: this.#rows };
  }
}

/** Decides which rows the page carries: the most severe first, as many as there is room for; of one severity those that come first. */
class Room {
  readonly #left: Map<Grade | undefined, number>;

  constructor({ findings }: Summary, mostRows: number) {
    let left = mostRows;
    this.#left = new Map();
    for (const grade of GRADES) {
      const taken = Math.min(left, findings.bySeverity[grade] ?? 0);
      this.#left.set(grade, taken);
      left -= taken;
    }
    this.#left.set(undefined, left);
  }

  takes(severity: Cell): boolean {
    const grade = GRADES.find((known) => known === severity);
    const left = this.#left.get(grade) ?? 0;
    this.#left.set(grade, left - 1);
    return left > 0;
  }
}

function shownText(cell: Cell): string {
  if (cell === null) return "";
  const text = String(cell);
  if (text.length <= CELL_CHARACTERS) return plain(text);
  return `${plain(text.slice(0, CELL_CHARACTERS))}… [cut: ${text.length} characters]`;
}

function headOf(
  run: RunRecord,
  summary: Summary,
  noiseRules: PageFacts["noiseRules"],
  hasSeverity: boolean,
): string {
  const { complete, words } = completenessOf(run);
  const title = `${run.job} on ${run.tenant}`;
  const policy = `default-src 'none'; script-src ${hashOf(SCRIPT)}; style-src ${hashOf(STYLE)}; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${html(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${html(title)}</h1>
<p class="complete${complete ? "" : " no"}">${html(words)}</p>
${factsList(factsOf(run, summary))}
<div class="charts">
${barChart("Rows by severity", severityBars(summary))}
${barChart("Targets by outcome", outcomeBars(run))}
</div>
<h2>Findings</h2>
${findingsTable(summary)}
<details><summary>The whole summary</summary><pre>${summaryText(run, summary, noiseRules)}</pre></details>
<h2>Rows</h2>
<noscript><p>The rows are in this file, but showing and searching them takes the script of this page, which your browser does not run.</p></noscript>
<div class="tools"><input type="search" id="search" placeholder="Search in all columns" aria-label="Search in all columns">
${hasSeverity ? severityChoice() : ""}<button type="button" id="before">Previous</button><button type="button" id="after">Next</button><span id="status" role="status"></span></div>
<div class="scroll" id="scroll" role="region" aria-label="Rows" tabindex="0"><table><thead><tr id="head"></tr></thead><tbody id="rows"></tbody></table></div>
`;
}

/** Each line by itself: its line ends are ours, whatever is in the names. */
function summaryText(run: RunRecord, summary: Summary, noiseRules: PageFacts["noiseRules"]): string {
  return renderSummary(run, summary, noiseRules).trimEnd().split("\n").map(html).join("\n");
}

function factsOf(run: RunRecord, summary: Summary): readonly (readonly [string, string])[] {
  const { startedAt, endedAt } = runHeader(run);
  return [
    ["Tenant", `${run.tenant} (${run.tenantId})`],
    ["Run", run.id],
    ["State", run.state.replaceAll("_", " ")],
    ["Scope", scopeWords(run.scope)],
    ["Parameters", parameterWords(run.params)],
    ["Started (UTC)", startedAt ?? "not yet"],
    ["Ended (UTC)", endedAt ?? "not yet"],
    ["Mailboxes", summary.mailboxes.toLocaleString("en-US")],
    [
      "Rows",
      `${summary.rows.shown.toLocaleString("en-US")}, and ${summary.rows.hidden.toLocaleString("en-US")} hidden as noise`,
    ],
    ["Data since (UTC)", summary.oldestReadAt ?? "no rows"],
    ["Chain head", run.chain.head],
  ];
}

function factsList(facts: readonly (readonly [string, string])[]): string {
  return `<dl>${facts.map(([name, value]) => `<dt>${html(name)}</dt><dd>${html(value)}</dd>`).join("")}</dl>`;
}

function severityBars({ findings }: Summary): Bar[] {
  return GRADES.map((grade) => ({ label: grade, value: findings.bySeverity[grade] ?? 0, tone: grade }));
}

function outcomeBars({ outcomes, manifest }: RunRecord): Bar[] {
  const ends = Object.entries(outcomes).filter(([, targets]) => targets > 0);
  const settled = ends.reduce((sum, [, targets]) => sum + targets, 0);
  const open = (manifest?.count ?? settled) - settled;
  return [
    ...ends.map(([label, value]) => ({ label, value, tone: label.startsWith("ok") ? "good" : "high" })),
    ...(open > 0 ? [{ label: "not yet", value: open, tone: "critical" }] : []),
  ];
}

function findingsTable({ findings, unjudged }: Summary): string {
  if (unjudged !== undefined) return `<p>Could not be judged: ${html(unjudged)}</p>`;
  if (findings.groups.length === 0) return "<p>None.</p>";
  const lines = findings.groups
    .slice(0, TOP)
    .map(
      ({ id, severity, rows, examples }) =>
        `<tr><td>${html(severity)}</td><td>${rows.toLocaleString("en-US")}</td><td>${ruleChoice(id)}</td><td dir="auto">${html(examples[0] ?? "")}</td></tr>`,
    );
  const rest = findings.groups.length - TOP;
  return (
    `<table class="findings"><thead><tr><th>Severity</th><th>Rows</th><th>Rule</th><th>For example</th></tr></thead><tbody>${lines.join("")}</tbody></table>` +
    (rest > 0 ? `<p>And ${rest} kinds more.</p>` : "")
  );
}

/** A rule, and the way to its rows. */
function ruleChoice(id: string): string {
  return `<button type="button" class="rule" title="Show its rows">${html(id)}</button>`;
}

function severityChoice(): string {
  const grades = GRADES.map((grade) => `<option>${grade}</option>`).join("");
  return `<select id="severity" aria-label="Severity"><option value="">every severity</option>${grades}<option value="none">no finding</option></select>\n`;
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
