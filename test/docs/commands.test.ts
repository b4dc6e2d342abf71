/** Every command the pages show as typed (`$ exosweep …` in a `console` block) is run, in order, on an emulated tenant. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runHere } from "../support/command-line-here.ts";
import { openEmulatedPlace, type EmulatedPlace } from "../support/emulated-place.ts";
import { allPages, type Page } from "./pages.ts";

interface Typed {
  readonly words: readonly string[];
  /** As the page says behind it: `# exits with 4`; 0 when it says nothing. */
  readonly exitCode: number;
  /** Of later commands, how the run's id is written. */
  readonly line: string;
}

/** Commands in `console` blocks, without the ones that are not ours. */
function typedOn({ blocks }: Page): readonly Typed[] {
  return blocks
    .filter(({ language }) => language === "console")
    .flatMap(({ text }) => text.split("\n"))
    .filter((line) => line.startsWith("$ exosweep "))
    .map((line) => ({
      line,
      words: wordsOf(line.slice("$ exosweep ".length).replace(/\s+# .*$/, "")),
      exitCode: Number(/# exits with (\d+)$/.exec(line)?.[1] ?? 0),
    }));
}

/** As a shell parts words: at blanks, but not inside quotes. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}

/** Commands in `sh` blocks, which are not run: they start servers, or need Docker. */
function shownOn({ blocks }: Page): readonly (readonly string[])[] {
  const own = /(?:^|do |run --rm (?:-T )?)(?:exosweep|cli) ([^;&>#\n]*)/gm;
  return blocks
    .filter(({ language }) => language === "sh" || language === "")
    .flatMap(({ text }) => [...text.matchAll(own)].map(([, words = ""]) => wordsOf(words)));
}

let emulated: EmulatedPlace;
const home = process.cwd();

beforeAll(async () => {
  emulated = await openEmulatedPlace({ mailboxes: 60 });
  // Whole runs are read in bulk, samples mailbox by mailbox, as in a tenant of more than a hundred.
  await emulated.configure("runs: { pollMs: 50, smallScope: 30 }");
  const [name] = emulated.tenants;
  const settings = await readFile(`${emulated.place.directory}/exosweep.yaml`, "utf8");
  await emulated.place.write("exosweep.yaml", settings.replace(`- name: ${name}\n`, "- name: contoso\n"));
  process.chdir(emulated.place.directory);
  const listed = await type(["invoke", "Get-Mailbox", "--tenant", "contoso", "--param", "ResultSize=1"]);
  const [mailbox] = JSON.parse(listed.stdout) as readonly { readonly PrimarySmtpAddress: string }[];
  const change = `Set,${mailbox?.PrimarySmtpAddress ?? ""},CustomAttribute1,seen`;
  const own = blockOf("docs/guides/findings.md", "yaml");
  await emulated.place.write("rules.yaml", own);
  await emulated.place.write("changes.csv", `Action,Mailbox,Field,Value\n${change}\n`);
});

afterAll(async () => {
  process.chdir(home);
  await emulated[Symbol.asyncDispose]();
});

function type(words: readonly string[]): ReturnType<typeof runHere> {
  return runHere(words, emulated.variables);
}

/** A reader has no settings yet; here they are those of the emulator, which stay. */
function elsewhere(words: readonly string[]): readonly string[] {
  return words[0] === "init" && !words.includes("--config") ? [...words, "--config", "init.yaml"] : words;
}

/** The first block of a page in this language. */
function blockOf(path: string, wanted: string): string {
  const { blocks = [] } = allPages().find((page) => page.path === path) ?? {};
  return blocks.find(({ language }) => language === wanted)?.text ?? "";
}

async function newestRun(): Promise<string> {
  const { stdout } = await type(["runs", "list", "--limit", "1", "-o", "json"]);
  const [run] = JSON.parse(stdout) as readonly { readonly id: string }[];
  return run?.id ?? "";
}

const typing = allPages().filter((page) => typedOn(page).length > 0);

test("commands are shown on many pages", () => {
  expect(typing.length).toBeGreaterThan(4);
});

/** Lines that an earlier page had, too. */
const done = new Set<string>();

test.each(typing)("the commands of $path end as it says", { timeout: 60_000 }, async (page) => {
  const typed = typedOn(page).filter(({ line, words }) => words.some(isRun) || !done.has(line));
  // What another page left running is not this page's; what it speaks of as RUN is, if it started none.
  await type(["runs", "cancel", "--all"]);
  if (startsNone(typed)) await type(["run", "permission-audit", "--tenant", "contoso", "--sample", "3"]);
  for (const { words, exitCode, line } of typed) {
    const run = words.some(isRun) ? await newestRun() : "";
    const ended = await type(elsewhere(words.map((word) => (isRun(word) ? word.replace("RUN", run) : word))));
    const said = ended.exitCode === exitCode ? "" : ended.stderr;
    expect({ line, exitCode: ended.exitCode, said }).toEqual({ line, exitCode, said: "" });
    done.add(line);
  }
});

/** `RUN`, or `RUN:PART`. */
function isRun(word: string): boolean {
  return /^RUN(:|$)/.test(word);
}

function isStart([command, ...words]: readonly string[]): boolean {
  return (command === "run" && !words.includes("--plan-only")) || command === "apply";
}

/** Speaks of a run before it has started one. */
function startsNone(typed: readonly Typed[]): boolean {
  const starts = typed.findIndex(({ words }) => isStart(words));
  const speaks = typed.findIndex(({ words }) => words.some(isRun));
  return speaks >= 0 && (starts < 0 || speaks < starts);
}

test.each(allPages().filter((page) => shownOn(page).length > 0))(
  "the commands that $path shows have the options they are given",
  async (page) => {
    for (const words of shownOn(page)) {
      const command = words.filter((word, place) => /^[a-z][a-z-]*$/.test(word) && place < 2);
      const { stdout, exitCode } = await type([...command, "--help"]);
      expect([words, exitCode]).toEqual([words, 0]);
      for (const option of words.filter((word) => word.startsWith("--")))
        expect(stdout).toContain(`${option} `);
    }
  },
);
