import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rearm } from "../../src/reports/csv.ts";
import {
  EXPORT_FORMATS,
  type ExportFormat,
  exportRun,
  plain,
  renderSummary,
  summarise,
} from "../../src/reports/index.ts";
import { hostileJob, HOSTILE_ROWS, hostileRun } from "../support/hostile-run.ts";
import { asInCell, HOSTILE_STRINGS, uncut } from "../support/hostile-strings.ts";
import { readParquet } from "../support/parquet-reader.ts";
import { readWorkbook } from "../support/xlsx-reader.ts";
import { parseCsv } from "./csv-parser.ts";

async function exported(format: ExportFormat): Promise<Buffer> {
  const { journal, run, directory } = await hostileRun();
  const out = join(directory, `hostile.${format}`);
  await exportRun({ journal, run, job: hostileJob, format, out });
  return readFile(out);
}

test("the corpus has at least 300 strings", () => {
  expect(HOSTILE_STRINGS.length).toBeGreaterThanOrEqual(300);
});

test("every format of an export is put through the corpus here", () => {
  expect(EXPORT_FORMATS).toEqual(["csv", "ndjson", "json", "xlsx", "parquet", "html"]);
});

test("CSV: another parser finds each string in its own cell, none of which is a formula", async () => {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await exported("csv"));
  const [header, ...lines] = parseCsv(text.slice(1), ",");
  expect(header).toEqual(hostileJob.columns);
  expect(lines).toHaveLength(HOSTILE_STRINGS.length);
  for (const [place, line] of lines.entries()) {
    const expected = HOSTILE_STRINGS[place]?.toWellFormed() ?? "";
    expect(line.slice(0, 6).map(rearm)).toEqual(Array.from({ length: 6 }, () => expected));
    for (const cell of line) expect(cell).not.toMatch(/^(?:[\t\r\n\0]|[\s\p{Cf}]*[=+\-@＝＋－＠])/u);
  }
});

test("NDJSON: each line is one object with exactly what was there", async () => {
  const lines = (await exported("ndjson")).toString().split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(HOSTILE_ROWS);
});

test("JSON: the document holds exactly what was there", async () => {
  const document = JSON.parse((await exported("json")).toString()) as { readonly rows: unknown };
  expect(document.rows).toEqual(HOSTILE_ROWS);
});

test("XLSX: every cell is text and stays text, and nothing of the workbook is damaged", async () => {
  const [sheet] = readWorkbook(await exported("xlsx"));
  const rows = sheet?.rows.slice(1) ?? [];
  expect(rows.map((row) => uncut(row[0]?.value ?? ""))).toEqual(HOSTILE_STRINGS.map(asInCell));
  // Every column has it, but for the one text that is a time and lies in a column of times.
  const others = rows.map((row) => row.slice(1, 6).filter((cell) => cell?.kind !== "time"));
  for (const [place, row] of rows.entries())
    expect(others[place]?.every((cell) => cell?.kind === row[0]?.kind && cell?.value === row[0]?.value)).toBe(
      true,
    );
  expect(others.filter((cells) => cells.length !== 5 && cells.length !== 0)).toHaveLength(1);
  // Excel must not make a formula of it when somebody goes through the cell with F2 and Enter.
  const armed = rows.filter((_, place) => /^[\s\p{Cf}\0]*[=+\-@]/u.test(HOSTILE_STRINGS[place] ?? ""));
  expect(armed.length).toBeGreaterThan(100);
  expect(
    armed.flat().filter((cell) => cell?.kind === "text" && cell.value !== "high" && !cell.quoted),
  ).toEqual([]);
});

test("Parquet: another reader finds each string, and what is no number, truth or time is kept beside", async () => {
  const { rows } = await readParquet(await exported("parquet"));
  expect(rows).toHaveLength(HOSTILE_STRINGS.length);
  for (const [place, row] of rows.entries()) {
    const text = HOSTILE_STRINGS[place] ?? "";
    // The reader's decoder takes a byte order mark at the beginning for one.
    expect(row["Name"]).toBe(text.toWellFormed().replace(/^\u{feff}/u, ""));
    expect(row["Finding"]).toBe(row["Name"]);
    const time = text === "2026-11-22T09:00:00Z";
    expect(row).toMatchObject({ Count: null, Share: null, Flag: null });
    expect(row["SeenAtUtc"]).toEqual(time ? new Date(text) : null);
    expect(JSON.parse(String(row["OtherValues"]))).toEqual(
      time
        ? { Count: text, Share: text, Flag: text }
        : { Count: text, Share: text, Flag: text, SeenAtUtc: text },
    );
  }
});

describe("HTML", () => {
  test("data is in the page as text of elements that hold text, and nowhere else", async () => {
    const page = new TextDecoder("utf-8", { fatal: true }).decode(await exported("html"));
    // What the page is made of when nothing comes from outside: every tag in it is one of these.
    const tags = [
      ...page.replaceAll(/<script[^]*?<\/script>|<style>[^]*?<\/style>/g, "").matchAll(/<[^>]*>?/g),
    ];
    const ours =
      /^<(?:!DOCTYPE html|\/?(?:html|head|title|body|h1|h2|p|dl|dt|dd|div|figure|figcaption|svg|text|rect|table|thead|tbody|tr|th|td|details|summary|pre|noscript|select|option|input|button|span|meta)(?: [a-zB-]+(?:="[^"<>]*")?)*)>$/;
    for (const [tag] of tags) {
      expect(tag).toMatch(ours);
      expect(tag).not.toMatch(/ on/);
    }
    expect(page.match(/<script[ >]/g)).toHaveLength(Math.ceil(HOSTILE_STRINGS.length / 2_000) + 2);
    // Everything else that is not plain is written as its code.
    const hidden = page.replaceAll("\n", "").match(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--\p{Join_Control}]/gv);
    expect(hidden).toBe(null);
  });

  test("the rows in the page are what was there, each character that cannot be shown as its code", async () => {
    const page = (await exported("html")).toString();
    const blocks = [...page.matchAll(/<script type="application\/json" class="rows">([^<]*)<\/script>/g)].map(
      ([, json = ""]) => JSON.parse(json) as { readonly texts: string[]; readonly rows: number[][] },
    );
    const names = blocks.flatMap(({ texts, rows }) => rows.map((places) => texts[places[2] ?? -1]));
    const shown = (text: string): string =>
      text.length <= 2_000 ? plain(text) : `${plain(text.slice(0, 2_000))}… [cut: ${text.length} characters]`;
    expect(names).toEqual(HOSTILE_STRINGS.map(shown));
  });
});

test("the summary is the same lines whatever is in the names, and none of them commands a terminal", async () => {
  const { journal, run } = await hostileRun();
  const summary = await summarise({ journal, run, job: hostileJob });
  const lines = (text: string): number => {
    const group = { id: text, severity: "high" as const, rows: 1, examples: [text] };
    const rendered = renderSummary(
      { ...run, reason: text, counts: { [text]: 1 }, tenant: text },
      { ...summary, findings: { ...summary.findings, groups: [group] }, unjudged: text },
    );
    expect(rendered.replaceAll("\n", "")).not.toMatch(
      /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--\p{Join_Control}]/v,
    );
    return rendered.split("\n").length;
  };
  const harmless = lines("x");
  for (const text of HOSTILE_STRINGS) expect(lines(text)).toBe(harmless);
});
