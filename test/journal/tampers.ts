/** What somebody who can write the tables may do to a run, and which lines must be named for it. The statements suit both journals. */
import { chainLink } from "./chain-by-hand.ts";
import type { Journal } from "../../src/journal/index.ts";
import { bulk, changeOf, intent, mailboxes, rowAbout, settlement, startRun } from "./samples.ts";

/** A journal's tables, behind its back. */
export interface Tables {
  /** @returns the rows, when it is one SELECT */
  sql(statements: string): Promise<readonly Record<string, unknown>[]>;
  /** How bytes are written in a statement. */
  bytes(hex: string): string;
}

/** Mailboxes on lines 1 to 8, writes on 9 to 11, a bulk read on 12. */
export const LINES = 12;
export const MAILBOXES = [1, 2, 3, 4, 5, 6, 7, 8];
const REDRIVEN = [2, 5];

export interface Tamper {
  readonly name: string;
  /** Does it to line `a`, and to line `b` where there are two. @returns what some problem must say, for each line that must be named */
  readonly act: (tables: Tables, a: number, b: number) => Promise<readonly RegExp[]>;
}

/** A run that is over: with rows, noise, intents, staged rows, and outcomes of before a redrive. */
export async function finishedRun(journal: Journal, id: string): Promise<void> {
  const changes = [9, 10, 11].map(changeOf);
  await startRun(journal, id, [...mailboxes(8), ...changes, bulk("send-as")]);
  for (const line of MAILBOXES) {
    const outcome = REDRIVEN.includes(line) ? "failed" : "ok";
    await journal.settle(settlement(id, line, { outcome, ...brought(line) }));
  }
  for (const line of [9, 10, 11]) {
    await journal.openIntent(intent(id, line));
    await journal.settle(settlement(id, line, { intent: { n: 1, end: "sent" } }));
  }
  await journal.stageRows(id, LINES, 9, [rowAbout(2, "SendAs"), rowAbout(3, "SendAs")]);
  await journal.settle(settlement(id, LINES, { attempt: 9 }));
  await journal.redrive(id, { outcome: ["failed"] });
  for (const line of REDRIVEN) await journal.settle(settlement(id, line, { attempt: 77, ...brought(line) }));
  await journal.moveRun(id, ["running"], "complete");
}

function brought(line: number): Pick<ReturnType<typeof settlement>, "rows" | "reason" | "counts"> {
  return {
    rows: [rowAbout(line, "FullAccess"), rowAbout(line, "ReadPermission", "NR1")],
    reason: "why",
    counts: { odd: 1 },
  };
}

const OUTCOME =
  "redrive, outcome, reason, request_id, fingerprint, settled_at, take, rows, noise, counts, seal, place, link";
const FORGOTTEN = OUTCOME.split(", ")
  .filter((column) => column !== "redrive" && column !== "rows")
  .map((column) => `${column} = NULL`)
  .join(", ");

function sealed(line: number): RegExp {
  return new RegExp(`^Line ${line} is not what it was when it was settled`);
}

function edit(name: string, statement: (line: number) => string, says = sealed): Tamper {
  return {
    name,
    async act({ sql }, a) {
      await sql(statement(a));
      return [says(a)];
    },
  };
}

const CURRENT = (line: number): string =>
  `line = ${line} AND take = (SELECT take FROM targets WHERE targets.line = ${line})`;

export const TAMPERS: readonly Tamper[] = [
  edit(
    "a row is edited",
    (l) => `UPDATE found SET body = replace(body, 'FullAccess', 'None') WHERE ${CURRENT(l)}`,
  ),
  edit(
    "a row is about another mailbox",
    (l) => `UPDATE found SET about = about % 8 + 1 WHERE ${CURRENT(l)} AND n = 1`,
  ),
  edit("a row is hidden", (l) => `UPDATE found SET noise = 'NR2' WHERE ${CURRENT(l)} AND n = 1`),
  edit("a row is taken away", (l) => `DELETE FROM found WHERE ${CURRENT(l)} AND n = 2`),
  edit(
    "rows trade places",
    (l) => `UPDATE found SET n = 13 - n WHERE ${CURRENT(l)}; UPDATE found SET n = n - 10 WHERE ${CURRENT(l)}`,
  ),
  edit("an outcome is turned into another", (l) => `UPDATE targets SET outcome = 'gone' WHERE line = ${l}`),
  edit("an outcome is of no kind", (l) => `UPDATE targets SET outcome = 'splendid' WHERE line = ${l}`),
  edit("a reason is edited", (l) => `UPDATE targets SET reason = 'because' WHERE line = ${l}`),
  edit("a time is edited", (l) => `UPDATE targets SET settled_at = settled_at + 1 WHERE line = ${l}`),
  edit("counts are edited", (l) => `UPDATE targets SET counts = '{"odd":2}' WHERE line = ${l}`),
  edit("counts are no JSON", (l) => `UPDATE targets SET counts = '{' WHERE line = ${l}`),
  edit(
    "noise is edited",
    (l) => `UPDATE targets SET noise = '{"NR1":2}' WHERE line = ${l}`,
    (l) => new RegExp(`^Line ${l} .* noise`),
  ),
  edit("a label is edited", (l) => `UPDATE targets SET label = 'somebody@contoso.com' WHERE line = ${l}`),
  edit(
    "what the job needs is edited",
    (l) => `UPDATE targets SET data = replace(data, '@', '%') WHERE line = ${l}`,
  ),
  edit("a target is another", (l) => `UPDATE targets SET id = 'somebody' WHERE line = ${l}`),
  edit(
    "a seal is edited",
    (l) =>
      `UPDATE targets SET seal = (SELECT seal FROM targets WHERE line = ${(l % 8) + 1}) WHERE line = ${l}`,
  ),
  edit(
    "a link is edited",
    (l) =>
      `UPDATE targets SET link = (SELECT link FROM targets WHERE line = ${(l % 8) + 1}) WHERE line = ${l}`,
    (l) =>
      new RegExp(
        `^The chain breaks at line ${l} |breaks at .* or line ${l} before it|ends in .* at line ${l},`,
      ),
  ),
  edit(
    "a target is taken away",
    (l) =>
      `DELETE FROM targets WHERE line = ${l}; DELETE FROM found WHERE line = ${l}; DELETE FROM earlier WHERE line = ${l}`,
    (l) => new RegExp(`^Line ${l} is missing`),
  ),
  edit(
    "an outcome is taken away",
    (l) => `UPDATE targets SET rows = 0, ${FORGOTTEN} WHERE line = ${l}; DELETE FROM found WHERE line = ${l}`,
    (l) => new RegExp(`no outcome: line ${l}$`),
  ),
  {
    name: "an outcome is edited and sealed anew",
    async act(tables, a) {
      const { seal } = await chainLink(tables, a, { reason: "because" });
      await tables.sql(`UPDATE targets SET reason = 'because', seal = ${seal} WHERE line = ${a}`);
      return [new RegExp(`^The chain breaks at line ${a} `)];
    },
  },
  {
    name: "an outcome is edited, sealed and linked anew",
    async act(tables, a) {
      const { seal, link } = await chainLink(tables, a, { reason: "because" });
      await tables.sql(
        `UPDATE targets SET reason = 'because', seal = ${seal}, link = ${link} WHERE line = ${a}`,
      );
      return [new RegExp(`^The chain (breaks at .* or line ${a} before it|ends in .* at line ${a},)`)];
    },
  },
  {
    name: "an outcome is doubled",
    async act({ sql }, a, b) {
      await sql(
        `UPDATE targets SET (${OUTCOME}) = (SELECT ${OUTCOME} FROM targets WHERE line = ${a}) WHERE line = ${b}`,
      );
      return [
        sealed(b),
        new RegExp(`has place \\d+ of the chain, which line (${a}|${b}) has already|which another`),
      ];
    },
  },
  {
    name: "the outcomes of two lines are swapped",
    async act({ sql }, a, b) {
      await sql(`
        CREATE TABLE swapped AS SELECT line, ${OUTCOME} FROM targets WHERE line IN (${a}, ${b});
        UPDATE targets SET (${OUTCOME}) = (SELECT ${OUTCOME} FROM swapped WHERE line = ${b}) WHERE line = ${a};
        UPDATE targets SET (${OUTCOME}) = (SELECT ${OUTCOME} FROM swapped WHERE line = ${a}) WHERE line = ${b};
        DROP TABLE swapped;
      `);
      return [sealed(a), sealed(b)];
    },
  },
  {
    name: "two outcomes trade places in the chain",
    async act({ sql }, a, b) {
      await sql(`
        CREATE TABLE swapped AS SELECT line, place, link FROM targets WHERE line IN (${a}, ${b});
        UPDATE targets SET (place, link) = (SELECT place, link FROM swapped WHERE line = ${b}) WHERE line = ${a};
        UPDATE targets SET (place, link) = (SELECT place, link FROM swapped WHERE line = ${a}) WHERE line = ${b};
        DROP TABLE swapped;
      `);
      return [new RegExp(`^The chain breaks at line ${a} `), new RegExp(`^The chain breaks at line ${b} `)];
    },
  },
  {
    name: "what a line had before is edited",
    async act({ sql }) {
      await sql("UPDATE earlier SET reason = 'because' WHERE line = 5");
      return [sealed(5)];
    },
  },
  {
    name: "what a line had before is taken away",
    async act({ sql }) {
      await sql("DELETE FROM earlier WHERE line = 5");
      return [
        /^Line 5 was opened again 1 times and has 0 earlier outcomes$/,
        /^The outcome at place 5 of the chain is missing/,
      ];
    },
  },
  {
    name: "a redrive is undone",
    async act({ sql }) {
      await sql(`
        UPDATE targets SET (${OUTCOME}) = (SELECT ${OUTCOME} FROM earlier WHERE line = 5) WHERE line = 5;
        DELETE FROM earlier WHERE line = 5;
      `);
      return [/^The outcome at place 14 of the chain is missing: it was recorded after that of line 2$/];
    },
  },
  {
    name: "an intent is edited",
    async act({ sql }) {
      await sql("UPDATE intents SET cmdlet = 'Remove-Mailbox' WHERE line = 10");
      return [sealed(10)];
    },
  },
  {
    name: "an intent is taken away",
    async act({ sql }) {
      await sql("DELETE FROM intents WHERE line = 10");
      return [sealed(10)];
    },
  },
  {
    name: "the manifest is another, and hashed anew",
    async act({ sql }, a) {
      await sql(
        `UPDATE targets SET id = 'somebody' WHERE line = ${a}; UPDATE runs SET manifest_sha256 = '${"0".repeat(64)}'`,
      );
      return [sealed(a), /^The manifest is not the one that was sealed$/];
    },
  },
  {
    name: "the parameters are others",
    async act({ sql }) {
      await sql(`UPDATE runs SET params = '{"rights":[]}'`);
      return [/^The run is not the one its chain began with/];
    },
  },
  {
    name: "the scope is another",
    async act({ sql }) {
      await sql(`UPDATE runs SET scope = '{"all":false}'`);
      return [/^The run is not the one its chain began with/];
    },
  },
  {
    name: "the run is said to be another tenant's",
    async act({ sql }) {
      await sql("UPDATE runs SET tenant_id = 'other'");
      return [/^The run is not the one its chain began with/];
    },
  },
  {
    name: "the end of the chain is cut off, and the chain said to be shorter",
    async act({ sql }) {
      await sql(`
        UPDATE targets SET rows = 0, ${FORGOTTEN} WHERE line = 5;
        DELETE FROM found WHERE line = 5 AND take = 2;
        UPDATE runs SET chain_length = 13, chain_head = (SELECT link FROM targets WHERE place = 13);
      `);
      return [/no outcome: line 5$/];
    },
  },
  {
    name: "the chain is said to be longer",
    async act({ sql }) {
      await sql("UPDATE runs SET chain_length = 16");
      return [
        /^The outcomes at places 15 to 16 of the chain are missing: they were recorded after that of line 5$/,
      ];
    },
  },
  {
    name: "the head is another",
    async act({ sql }) {
      await sql("UPDATE runs SET chain_head = chain_start");
      return [/^The chain ends in \w+ at line 5, the run says \w+$/];
    },
  },
  {
    name: "a counter is edited",
    async act({ sql }) {
      await sql("UPDATE tallies SET value = value + 1 WHERE kind = 'outcome' AND name = 'ok'");
      return [/^The run says 13 for outcome ok, its lines add up to 12$/];
    },
  },
  {
    name: "the number of rows is edited",
    async act({ sql }) {
      await sql("UPDATE runs SET rows = rows + 1");
      return [/^The run says \d+ for rows, its lines add up to \d+$/];
    },
  },
  {
    name: "the manifest is said to be shorter",
    async act({ sql }) {
      await sql("UPDATE runs SET targets = targets - 1");
      return [
        /^The manifest was sealed with 11 lines and has 12$/,
        /^The manifest is not the one that was sealed$/,
      ];
    },
  },
];
