import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { defineJob } from "../../src/job/index.ts";
import { EXPORT_FORMATS, exportFileName, type ExportRequest, exportRun } from "../../src/reports/index.ts";
import { journalledRun } from "../support/journalled-run.ts";
import { parseCsv } from "./csv-parser.ts";

/** Counts colours in its first pass and tells the count in its second. */
const colours = defineJob({
  name: "colours",
  summary: "Lists the colours of each mailbox",
  writes: false,
  params: z.strictObject({}),
  columns: ["Mailbox", "Colour", "Seen"],
  columnTypes: { Seen: "integer" },
  cmdlets: [],
  naiveCallsPerTarget: 1,
  bulk: [],
  perform: async () => [],
  judge: () => {
    const seen = new Map<unknown, number>();
    return {
      observe: (rows) => {
        for (const { row } of rows) seen.set(row["Colour"], (seen.get(row["Colour"]) ?? 0) + 1);
      },
      report: (rows) =>
        rows.map((found) => ({ ...found, row: { ...found.row, Seen: seen.get(found.row["Colour"]) ?? 0 } })),
    };
  },
});

const TARGETS = [
  { label: "a@x", rows: [{ noise: undefined, row: { Mailbox: "a", Colour: "=red" } }] },
  {
    label: "b@x",
    rows: [
      { noise: undefined, row: { Mailbox: 'b "the" b', Colour: "=red" } },
      { noise: "NR1", row: { Mailbox: "b", Colour: "grey" } },
    ],
  },
  { label: "c@x", rows: [{ noise: undefined, row: { Mailbox: "c", Colour: null } }] },
];

async function setup(targets = TARGETS) {
  const { journal, run, directory } = await journalledRun(colours, targets);
  const out = join(directory, "out.csv");
  const request: ExportRequest = { journal, run, job: colours, format: "csv", out };
  return { journal, run, directory, out, request };
}

async function exported(request: Omit<ExportRequest, "out">): Promise<string> {
  const stream = new PassThrough();
  const received = buffer(stream);
  await exportRun({ ...request, out: stream });
  stream.end();
  return (await received).toString("utf8");
}

test("CSV has a byte order mark, CRLF, safe cells, and what the judge made of both passes", async () => {
  const { request, out } = await setup();
  expect(await exportRun(request)).toMatchObject({ rows: 3, hidden: 1, over: false });
  const bytes = await readFile(out);
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(parseCsv(bytes.subarray(3).toString("utf8"), ",")).toEqual([
    ["Mailbox", "Colour", "Seen"],
    ["a", "'=red", "2"],
    ['b "the" b', "'=red", "2"],
    ["c", "", "1"],
  ]);
});

test("includeNoise brings hidden rows, raw leaves formulas, delimiter separates", async () => {
  const { request } = await setup();
  const csv = await exported({ ...request, includeNoise: true, raw: true, delimiter: "tab" });
  expect(parseCsv(csv.slice(1), "\t").map((row) => row[1])).toEqual(["Colour", "=red", "=red", "grey", ""]);
});

test("NDJSON is an object a line with every column, as it is", async () => {
  const { request } = await setup();
  const lines = (await exported({ ...request, format: "ndjson" })).split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { Mailbox: "a", Colour: "=red", Seen: 2 },
    { Mailbox: 'b "the" b', Colour: "=red", Seen: 2 },
    { Mailbox: "c", Colour: null, Seen: 1 },
  ]);
});

test("JSON is one document with a version, the run, and the rows", async () => {
  const { request, run } = await setup();
  const document = JSON.parse(await exported({ ...request, format: "json" })) as Record<string, unknown>;
  expect(document).toMatchObject({
    schemaVersion: 1,
    run: {
      id: "rtest",
      job: "colours",
      tenant: "contoso",
      state: "planned",
      over: false,
      manifest: run.manifest,
    },
  });
  expect(document["rows"]).toHaveLength(3);
});

test.each(["csv", "ndjson", "json"] as const)("%s of a run without rows is whole", async (format) => {
  const { request } = await setup([]);
  const written = await exported({ ...request, format });
  const expected = {
    csv: "\u{feff}Mailbox,Colour,Seen\r\n",
    ndjson: "",
    json: expect.stringMatching(/"rows":\[\s*\]\}\n$/),
  };
  expect(written).toEqual(expected[format]);
});

test.each(EXPORT_FORMATS)("%s is the same to the byte every time, and so is its manifest", async (format) => {
  const { request, directory } = await setup();
  const folders = await Promise.all(
    ["one", "two"].map((name) => mkdir(join(directory, name), { recursive: true })),
  );
  const files = folders.map((folder) => join(folder ?? "", `run.${format}`));
  for (const out of files) await exportRun({ ...request, format, out });
  for (const end of ["", ".manifest.json"]) {
    const [one, two] = await Promise.all(files.map((file) => readFile(file + end)));
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  }
});

test.each(EXPORT_FORMATS)("beside %s lies what it is, and of which run", async (format) => {
  const { request, run, out } = await setup();
  const { manifest } = await exportRun({ ...request, format });
  const file = await readFile(out);
  const beside: unknown = JSON.parse(await readFile(`${out}.manifest.json`, "utf8"));
  expect(beside).toEqual(manifest);
  expect(beside).toEqual({
    schemaVersion: 1,
    file: "out.csv",
    format,
    rows: 3,
    hidden: 1,
    untold: 0,
    bytes: file.length,
    sha256: createHash("sha256").update(file).digest("hex"),
    runId: "rtest",
    job: "colours",
    tenant: "contoso",
    tenantId: run.tenantId,
    state: "planned",
    complete: false,
    completeness: "complete: no (the run is planned)",
    chainHead: run.chain.head,
    columns: [
      { name: "Mailbox", type: "text" },
      { name: "Colour", type: "text" },
      { name: "Seen", type: "integer" },
    ],
  });
  expect((await stat(`${out}.manifest.json`)).mode & 0o777).toBe(0o600);
});

test("a file is for its owner only, and nothing but its manifest lies beside it", async () => {
  const { request, directory, out } = await setup();
  await exportRun(request);
  expect((await stat(out)).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual(["journal", "out.csv", "out.csv.manifest.json"]);
});

test("an export that is stopped leaves the earlier file as it was, and nothing beside it", async () => {
  const { request, directory, out } = await setup();
  await writeFile(out, "earlier");
  const signal = AbortSignal.abort(new Error("stopped"));
  await expect(exportRun({ ...request, signal })).rejects.toThrow("stopped");
  expect(await readFile(out, "utf8")).toBe("earlier");
  expect(await readdir(directory)).toEqual(["journal", "out.csv"]);
});

test("an export whose journal fails half-way leaves no file", async () => {
  const { request, directory, journal } = await setup();
  let passes = 0;
  const failing: ExportRequest["journal"] = {
    target: (run, line) => journal.target(run, line),
    lookUp: (run, keys) => journal.lookUp(run, keys),
    async *rows(run) {
      passes += 1;
      yield* journal.rows(run);
      if (passes === 2) throw new Error("the disk has gone");
    },
  };
  await expect(exportRun({ ...request, journal: failing })).rejects.toThrow("the disk has gone");
  expect(await readdir(directory)).toEqual(["journal"]);
});

test.each([
  ["a folder that is not there", "nowhere/out.csv", "there is no such folder"],
  ["a folder's own name", "folder", "it is a folder"],
])("%s is refused in words, with advice", async (_what, name, fact) => {
  const { request, directory } = await setup();
  await mkdir(join(directory, "folder"));
  const out = join(directory, name);
  await expect(exportRun({ ...request, out })).rejects.toMatchObject({
    name: "ReportError",
    message: `Cannot write "${out}": ${fact}`,
    advice: expect.stringContaining("--out"),
  });
  expect(await readdir(directory)).toEqual(["folder", "journal"]);
});

test.each(EXPORT_FORMATS)("a full disk is named, for a stream of %s too", async (format) => {
  const { request } = await setup();
  const out = createWriteStream("/dev/full");
  await expect(exportRun({ ...request, format, out })).rejects.toMatchObject({
    name: "ReportError",
    message: "Cannot write the output: the disk is full",
  });
  out.destroy();
});

test("a file that may grow no further is removed, and the reason named", async () => {
  const { directory } = await setup();
  const script = `
    import { writeSafely } from ${JSON.stringify(join(import.meta.dirname, "../../src/reports/safe-file.ts"))};
    try {
      await writeSafely(process.argv[1], async (sink) => {
        for (let n = 0; n < 100; n += 1) await sink.write("x".repeat(10_000));
      });
    } catch (error) { console.log(error.name + ": " + error.message); }`;
  // The shell's limit on the size of a file stands in for the disk's.
  const { stdout } = await promisify(execFile)("bash", [
    "-c",
    'ulimit -f 100; trap "" XFSZ; exec "$0" --input-type=module -e "$1" "$2"',
    process.execPath,
    script,
    join(directory, "big"),
  ]);
  expect(stdout).toContain(`ReportError: Cannot write "${join(directory, "big")}": the file is larger than`);
  expect(await readdir(directory)).toEqual(["journal"]);
});

test("parameters that the job of this version does not take are refused", async () => {
  const { journal, run } = await journalledRun(colours, [], { params: { old: "parameter" } });
  const exporting = exported({ journal, run, job: colours, format: "csv" });
  await expect(exporting).rejects.toThrow(
    'Cannot report run rtest: its parameters do not fit the job "colours"',
  );
});

test("the usual file name sorts by the run's start and holds nothing but plain characters", async () => {
  const { run } = await setup();
  const startedAtMs = Date.UTC(2026, 4, 4, 3, 2, 1);
  expect(exportFileName({ ...run, startedAtMs }, "csv")).toBe("2026-05-04_03-02-01_colours_contoso.csv");
  expect(exportFileName({ ...run, startedAtMs, tenant: "../etc/x" }, "json")).toBe(
    "2026-05-04_03-02-01_colours_.._etc_x.json",
  );
});
