import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { defaultSettings, mayBeSpokenTo } from "../../src/config.ts";
import { connectRedis } from "../../src/queue/index.ts";
import { Telemetry } from "../../src/telemetry/index.ts";
import { runHere } from "../support/command-line-here.ts";
import { ROOT } from "./pages.ts";

const serviceSchema = z.object({
  image: z.string().optional(),
  command: z.union([z.string(), z.array(z.string())]).optional(),
  entrypoint: z.array(z.string()).optional(),
  profiles: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  hostname: z.string().optional(),
  stop_grace_period: z.string().optional(),
  deploy: z.object({ replicas: z.int() }).optional(),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

const { services, volumes } = composeSchema.parse(
  parse(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), { merge: true }),
);
const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");

/** What a service of our image runs, after the entry point of the image (`node` and its options). */
function wordsOf(name: string): readonly string[] {
  const { entrypoint = ["node"], command = [] } = services[name] ?? {};
  const words = [...entrypoint.slice(1), ...(typeof command === "string" ? command.split(" ") : command)];
  return words.slice(words.findIndex((word) => !word.startsWith("-")));
}

const ours = Object.keys(services).filter((name) => services[name]?.image === "exosweep");

describe("docker-compose.yml", () => {
  test("has Redis, planner, scheduler, task workers, and the rest as profiles", () => {
    const always = Object.keys(services).filter((name) => services[name]?.profiles.length === 0);
    expect(always.sort()).toEqual(["planner", "redis", "scheduler", "tasks"]);
    expect(services["emulator"]?.profiles).toEqual(["emulator"]);
    expect(services["tasks"]?.deploy?.replicas).toBeGreaterThan(1);
  });

  test("runs programs that are there and that the image holds", () => {
    const copied = [...dockerfile.matchAll(/^COPY (\w+) \.\/\1$/gm)].map(([, folder]) => folder);
    expect(ours.length).toBe(5);
    for (const name of ours) {
      const [program = ""] = wordsOf(name);
      expect(existsSync(join(ROOT, program))).toBe(true);
      expect(copied).toContain(program.split("/")[0]);
    }
    const [started = ""] = /^CMD \["([^"]+)"/m.exec(dockerfile)?.slice(1) ?? [];
    expect(existsSync(join(ROOT, started))).toBe(true);
  });

  test("its planner, scheduler and workers do together what workers/all.ts does", () => {
    const rolesOf = (file: string): string[] =>
      [...readFileSync(join(ROOT, file), "utf8").matchAll(/"(planner|tasks|scheduler)"/g)].map(
        ([, role = ""]) => role,
      );
    const roles = ["planner", "tasks", "scheduler"].flatMap((name) => rolesOf(wordsOf(name)[0] ?? ""));
    expect(roles.sort()).toEqual(rolesOf("workers/all.ts").sort());
  });

  test("gives the command line only options that it has", async () => {
    const { stdout } = await runHere(["emulator", "--help"]);
    for (const name of ["cli", "emulator"]) {
      const options = wordsOf(name).filter((word) => word.startsWith("--"));
      expect(options.length).toBeGreaterThan(0);
      for (const option of options) expect(stdout).toContain(`${option} <`);
    }
  });

  test("its Redis keeps tasks through a restart, evicts nothing, and is open to nobody outside", () => {
    const command = String(services["redis"]?.command);
    expect(command).toMatch(/--appendonly yes\b/);
    expect(command).toMatch(/--maxmemory-policy noeviction\b/);
    expect(Object.values(services).flatMap(({ ports }) => ports)).toEqual([]);
  });

  test("lets a worker drain before it is killed", () => {
    const { drainMs } = defaultSettings().tasks;
    for (const name of ["planner", "tasks", "scheduler"]) {
      const seconds = Number(/^(\d+)s$/.exec(services[name]?.stop_grace_period ?? "")?.[1]);
      expect(seconds * 1_000).toBeGreaterThan(drainMs);
    }
  });

  test("declares the volumes it uses, and shares one journal", () => {
    const used = Object.values(services)
      .flatMap((service) => service.volumes)
      .map((volume) => volume.split(":")[0] ?? "")
      .filter((source) => !source.startsWith("."));
    expect([...new Set(used)].sort()).toEqual(Object.keys(volumes).sort());
    for (const name of ["planner", "scheduler", "tasks", "cli"])
      expect(services[name]?.volumes).toContain("data:/data");
  });

  test("its hosts are spoken to without TLS when the settings of the guide name them, and not otherwise", async () => {
    const { hostname = "" } = services["emulator"] ?? {};
    const emulator = new URL(`http://${hostname}:8080`);
    expect([mayBeSpokenTo(emulator, []), mayBeSpokenTo(emulator, ["redis", "emulator"])]).toEqual([
      false,
      true,
    ]);
    const redis = { url: "redis://redis:6379", dataDir: "unused", connectTimeoutMs: 1 };
    await expect(connectRedis(redis, new Telemetry())).rejects.toThrow(/without a password and TLS/);
    await expect(connectRedis({ ...redis, trustedHosts: ["redis"] }, new Telemetry())).rejects.toThrow(
      /Cannot reach Redis/,
    );
  });
});

test("the image holds production dependencies only, and runs as nobody in particular", () => {
  expect(dockerfile).toMatch(/^RUN npm \w+ --omit=dev/m);
  expect(dockerfile).toMatch(/^USER node$/m);
  const ignored = readFileSync(join(ROOT, ".dockerignore"), "utf8").split("\n");
  expect(ignored).toEqual(
    expect.arrayContaining(["exosweep.yaml", "exosweep.env", "secrets", "*.pem", "test"]),
  );
});
