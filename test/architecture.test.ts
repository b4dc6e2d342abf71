import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

/** Who may import whom. A line may name only lines above it, so the drawing has no cycle. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "src/test-points": [],
  "src/telemetry": [],
  "src/config": [],
  "src/journal": ["src/test-points"],
  "src/emulator": [],
  "src/network": [],
  "src/job": [],
  "src/values": [],
  "src/index": ["src/job", "src/values"],
  "src/process": ["src/telemetry"],
  "src/throttle": ["src/telemetry", "src/config"],
  "src/queue": ["src/test-points", "src/telemetry", "src/config"],
  "src/tenants": ["src/network", "src/telemetry", "src/config"],
  "src/reports": ["src/job", "src/values", "src/journal", "src/test-points"],
  "src/exo": [
    "src/job",
    "src/values",
    "src/throttle",
    "src/tenants",
    "src/network",
    "src/telemetry",
    "src/config",
    "src/test-points",
  ],
  jobs: ["src/job", "src/values"],
  "src/changes": [
    "src/job",
    "src/values",
    "src/exo",
    "src/journal",
    "src/tenants",
    "src/telemetry",
    "src/config",
    "src/test-points",
  ],
  "src/runs": [
    "src/changes",
    "src/job",
    "src/reports",
    "src/exo",
    "src/queue",
    "src/journal",
    "src/throttle",
    "src/tenants",
    "src/telemetry",
    "src/config",
    "src/test-points",
  ],
  "src/imports": ["src/runs", "src/reports", "src/journal", "src/job", "src/values"],
  "src/schedule": ["src/runs", "src/queue", "src/journal", "src/telemetry", "src/config", "src/test-points"],
  "src/notify": [
    "src/schedule",
    "src/reports",
    "src/job",
    "src/journal",
    "src/tenants",
    "src/network",
    "src/telemetry",
    "src/config",
    "src/test-points",
  ],
  "src/app": [
    "src/notify",
    "src/schedule",
    "src/changes",
    "src/runs",
    "src/job",
    "src/reports",
    "src/exo",
    "src/queue",
    "src/journal",
    "src/throttle",
    "src/tenants",
    "src/network",
    "src/telemetry",
    "src/config",
    "src/process",
    "src/test-points",
  ],
  "src/serve-worker": ["src/app", "src/job", "src/process", "src/config", "src/telemetry"],
  workers: [
    "src/serve-worker",
    "src/app",
    "src/process",
    "src/config",
    "src/telemetry",
    "src/emulator",
    "jobs",
  ],
  "src/cli": [
    "src/imports",
    "src/notify",
    "src/schedule",
    "src/changes",
    "src/serve-worker",
    "src/app",
    "src/runs",
    "src/job",
    "src/reports",
    "src/exo",
    "src/queue",
    "src/journal",
    "src/tenants",
    "src/telemetry",
    "src/config",
    "src/process",
    "src/emulator",
    "src/throttle",
    "src/changes",
    "jobs",
    "src/test-points",
  ],
};

/** Each foreign package has one home; zod is used wherever data enters. */
const HOME: Readonly<Record<string, string>> = {
  bullmq: "src/queue",
  ioredis: "src/queue",
  undici: "src/network",
  "@azure/msal-node": "src/tenants",
  bottleneck: "src/throttle",
  pino: "src/telemetry",
  commander: "src/cli",
  yaml: "src/config",
  "cron-parser": "src/schedule",
  nodemailer: "src/notify",
  "node:sqlite": "src/journal",
  pg: "src/journal",
};

interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Project-relative path of what is imported; undefined for a package. */
  readonly to: string | undefined;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+"([^"]+)"|import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g,
  );
  return [...found].map((match) => {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    const to = specifier.startsWith(".")
      ? relative(ROOT, resolve(ROOT, dirname(file), specifier))
      : undefined;
    return { file, specifier, to };
  });
}

/** `src/exo/wire.ts` → `src/exo`; `src/job.ts` → `src/job`; `jobs/x.ts` → `jobs`. */
function moduleOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "src" ? `src/${(parts[1] ?? "").replace(/\.ts$/, "")}` : (parts[0] ?? "");
}

const imports = ["src", "jobs", "workers"].flatMap(sources).flatMap(importsOf);

test("folders import only what the table allows", () => {
  const broken = imports.filter(({ file, to }) => {
    if (to === undefined) return false;
    const [from, target] = [moduleOf(file), moduleOf(to)];
    return from !== target && !MAY_IMPORT[from]?.includes(target);
  });
  expect(broken.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
  expect(imports.length, "the check saw no imports at all").toBeGreaterThan(5);
});

test("a line of the table names only lines above it", () => {
  const order = Object.keys(MAY_IMPORT);
  const upward = order.flatMap((from, place) =>
    (MAY_IMPORT[from] ?? [])
      .filter((to) => order.indexOf(to) >= place || !order.includes(to))
      .map((to) => `${from} → ${to}`),
  );
  expect(upward).toEqual([]);
});

test("another folder is entered by its front page", () => {
  const around = imports.filter(
    ({ file, to }) =>
      to !== undefined &&
      moduleOf(file) !== moduleOf(to) &&
      to.split("/").length > 2 &&
      !to.endsWith("/index.ts"),
  );
  expect(around.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test("each foreign package is imported in its one home", () => {
  const strays = imports.filter(({ file, specifier }) => {
    const home = HOME[specifier];
    return home !== undefined && moduleOf(file) !== home;
  });
  expect(strays.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
});

test("a job sees neither Node nor any package but zod", () => {
  const strays = imports.filter(
    ({ file, specifier, to }) => file.startsWith("jobs/") && to === undefined && specifier !== "zod",
  );
  expect(strays.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
});

test("the emulator and the client share no code", () => {
  const shared = imports.filter(
    ({ file, to }) => file.startsWith("src/emulator/") && to !== undefined && moduleOf(to) !== "src/emulator",
  );
  expect(shared.map(({ file, to }) => `${file} → ${to}`)).toEqual([]);
});

test("the judge of the fault suite shares no code with anybody", () => {
  const judging = sources("test/faults/checker")
    .filter((file) => !file.endsWith(".test.ts"))
    .flatMap(importsOf);
  const outside = judging.filter(
    ({ specifier, to }) =>
      !(to === undefined ? specifier.startsWith("node:") : to.startsWith("test/faults/checker/")),
  );
  expect(outside.map(({ file, specifier }) => `${file} → ${specifier}`)).toEqual([]);
  expect(judging.length, "the check saw no imports at all").toBeGreaterThan(5);
});

/** Everybody may use these, so a drawing of who does would say nothing. */
const UNDRAWN = ["src/telemetry", "src/config", "src/job", "src/values", "src/test-points"];

test("ARCHITECTURE.md draws the table: the shortest ways, and nothing else", () => {
  const below = (module: string): readonly string[] =>
    (MAY_IMPORT[module] ?? []).filter((to) => !UNDRAWN.includes(to));
  const reaches = (from: string, to: string): boolean =>
    below(from).some((next) => next === to || reaches(next, to));
  const shortest = Object.keys(MAY_IMPORT)
    .filter((from) => !UNDRAWN.includes(from))
    .flatMap((from) =>
      below(from)
        .filter((to) => !below(from).some((by) => by !== to && reaches(by, to)))
        .map((to) => `${from} --> ${to}`),
    );
  const page = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  const drawing = /<!-- the house -->\n```mermaid\ngraph TD\n([^`]+)```/.exec(page)?.[1] ?? "";
  const drawn = drawing
    .trim()
    .split("\n")
    .map((line) => line.trim());
  expect(drawn.toSorted()).toEqual(shortest.toSorted());
});
