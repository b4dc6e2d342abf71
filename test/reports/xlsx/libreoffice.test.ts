import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { cellsOf } from "../../../src/cli/delimited.ts";
import { xlsxWriting } from "../../../src/reports/xlsx/workbook.ts";
import { asInCell, HOSTILE_STRINGS, uncut } from "../../support/hostile-strings.ts";
import { written } from "../../support/layout.ts";

const OFFICE = ["/usr/bin/soffice", "/usr/bin/libreoffice"].find((path) => existsSync(path));
if (OFFICE === undefined)
  process.stderr.write("workbooks are not opened by LibreOffice: it is not installed\n");

/** All sheets, UTF-8, every text in quotes, cells as they are and not as they are shown. */
const AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,false,false,false,false,-1";

test.skipIf(OFFICE === undefined)(
  "LibreOffice opens a workbook of hostile names without a word, runs none of them, and shows each as it is",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "exosweep-office-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const columns = [
      { name: "Name", type: "text" },
      { name: "Number", type: "integer" },
    ] as const;
    const out = join(directory, "hostile.xlsx");
    const rows = HOSTILE_STRINGS.map((text, number) => [text, number]);
    await writeFile(out, await written(xlsxWriting, columns, rows));
    const home = pathToFileURL(join(directory, "office")).href;
    const { stderr } = await promisify(execFile)(
      OFFICE ?? "",
      [`-env:UserInstallation=${home}`, "--headless", "--convert-to", AS_CSV, "--outdir", directory, out],
      { timeout: 120_000 },
    );
    expect(stderr.replace(/^Warning: failed to launch javaldx.*\n/m, "")).toBe("");
    const mistakes: string[] = [];
    const lines = cellsOf(await readFile(join(directory, "hostile-Rows.csv"), "utf8"), mistakes);
    expect(mistakes).toEqual([]);
    expect(lines.slice(1).map(({ cells: [name, number] }) => [uncut(name), number])).toEqual(
      // It takes the end of a line of Windows for the end of a line.
      HOSTILE_STRINGS.map((text, number) => [asInCell(text).replaceAll("\r\n", "\n"), String(number)]),
    );
  },
  150_000,
);
