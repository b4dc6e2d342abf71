import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Row } from "../../../src/job/index.ts";
import { exportRun, plain } from "../../../src/reports/index.ts";
import { openPage, type Page, whyNoChromium } from "../../support/chromium.ts";
import { hostileJob, hostileRun } from "../../support/hostile-run.ts";
import { HOSTILE_STRINGS } from "../../support/hostile-strings.ts";
import { journalledRun, type JournalledRun } from "../../support/journalled-run.ts";

const why = await whyNoChromium();
if (why !== undefined) process.stderr.write(`the page of a run is not opened in a browser: ${why}\n`);

let page: Page | undefined;
afterEach(async () => {
  await page?.close();
  page = undefined;
});

async function opened({ journal, run, directory }: JournalledRun): Promise<Page> {
  const out = join(directory, "run.html");
  await exportRun({ journal, run, job: hostileJob, format: "html", out });
  page = await openPage(out);
  return page;
}

/** Types into the search field, and answers the line about what is shown. */
function searched(text: string): string {
  return `(() => {
    const field = document.getElementById("search");
    field.value = ${JSON.stringify(text)};
    field.dispatchEvent(new Event("input"));
    return document.getElementById("status").textContent;
  })()`;
}

const CELLS = `[...document.querySelectorAll("#rows tr")].map((row) => [...row.cells].map((cell) => cell.textContent))`;

describe.skipIf(why !== undefined)("the page of a run, in Chromium", () => {
  test("shows every hostile name as text: no script of it runs, no element of it is there, nothing is asked of the network", async () => {
    const page = await opened(await hostileRun());
    const shown: string[] = [];
    for (;;) {
      const rows = (await page.evaluate(CELLS)) as string[][];
      shown.push(...rows.map(([, , name = ""]) => name));
      if ((await page.evaluate(`document.getElementById("after").disabled`)) === true) break;
      await page.evaluate(`document.getElementById("after").click()`);
    }
    expect(shown).toEqual(
      HOSTILE_STRINGS.map((text) =>
        text.length <= 2_000
          ? plain(text)
          : `${plain(text.slice(0, 2_000))}… [cut: ${text.length} characters]`,
      ),
    );
    expect(await page.evaluate("window.owned ?? 'nobody'")).toBe("nobody");
    const foreign = "img,iframe,object,embed,link,base,form,template,math,a,script[src]";
    expect(await page.evaluate(`document.querySelectorAll("${foreign}").length`)).toBe(0);
    expect(await page.evaluate(`performance.getEntriesByType("resource").length`)).toBe(0);
    expect(page.complaints).toEqual([]);
  });

  test("its policy refuses any other script and any address", async () => {
    const page = await opened(await hostileRun());
    await page.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.owned = 1";
      document.body.append(script);
      const image = document.createElement("img");
      image.setAttribute("onerror", "window.owned = 2");
      image.src = "http://127.0.0.1:9/x";
      document.body.append(image);
      return new Promise((resolve) => setTimeout(resolve, 100));
    })()`);
    expect(await page.evaluate("window.owned ?? 'nobody'")).toBe("nobody");
    expect(page.complaints.join("\n")).toMatch(/Content Security Policy/);
  });

  test("searches, filters and sorts 100,000 rows, and says how many it shows and how many there are", async () => {
    const severities = ["high", "low", null];
    const rows = (from: number): { noise: undefined; row: Row }[] =>
      Array.from({ length: 1_000 }, (_, n) => ({
        noise: undefined,
        row: {
          Name: `mailbox ${from + n}`,
          Count: (from + n) % 1_000,
          Severity: severities[(from + n) % 3] ?? null,
          Finding: (from + n) % 3 === 2 ? null : "rule: words",
        },
      }));
    const run = await journalledRun(
      hostileJob,
      Array.from({ length: 101 }, (_, n) => ({ label: `${n}@x`, rows: rows(n * 1_000) })),
    );
    const page = await opened(run);
    const status = (): Promise<unknown> => page.evaluate(`document.getElementById("status").textContent`);
    const of = "100,000 rows in this page, the most severe first, of 101,000 in the run";
    expect(await status()).toBe(`Showing rows 1 to 200 of 100,000 found, of ${of}`);
    // What there was no room for is of the least severe.
    expect(await page.evaluate(searched("mailbox 100999"))).toContain("Showing rows 1 to 1 of 1 found");
    expect(await page.evaluate(searched("mailbox 100997"))).toContain("Showing no rows of 0 found");
    expect(await page.evaluate(searched("MAILBOX rule 99"))).toBe(
      `Showing rows 1 to 200 of ${countOf99().toLocaleString("en-US")} found, of ${of}`,
    );
    await page.evaluate(`(() => {
      const choice = document.getElementById("severity");
      choice.value = "low";
      choice.dispatchEvent(new Event("change"));
    })()`);
    expect(await page.evaluate(searched(""))).toBe(`Showing rows 1 to 200 of 33,667 found, of ${of}`);
    await page.evaluate(`document.querySelector("button.rule").click()`);
    expect(await page.evaluate(`document.getElementById("search").value`)).toBe("rule:");
    expect(await status()).toContain("Showing rows 1 to 200 of 67,334 found");
    expect(await page.evaluate(searched(""))).toContain("of 100,000 found");
    // Count, the fourth column: up, then down.
    await page.evaluate(`document.querySelectorAll("#head button")[3].click()`);
    expect(((await page.evaluate(CELLS)) as string[][])[0]?.[3]).toBe("0");
    await page.evaluate(`document.querySelectorAll("#head button")[3].click()`);
    expect(((await page.evaluate(CELLS)) as string[][])[0]?.[3]).toBe("999");
    expect(page.complaints).toEqual([]);
  });
});

/** Of the rows with a finding, those with 99 in the name or the count. */
function countOf99(): number {
  return Array.from({ length: 101_000 }, (_, n) => n).filter(
    (n) => n % 3 !== 2 && (String(n).includes("99") || String(n % 1_000).includes("99")),
  ).length;
}
