import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { howToInstall } from "../../src/queue/install.ts";

const SOURCE = `
  import { ensureRedisServer } from "./src/queue/index.ts";
  try { console.log(await ensureRedisServer((text) => console.error(text))); }
  catch (error) { console.log(error.message + "; " + error.advice); }
`;

/** A machine of its own: only what we put into this folder is on PATH. */
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "exosweep-install-"));
  symlinkSync("/usr/bin/env", join(folder, "env"));
  put("true", "exit 0");
  put("sudo", 'shift; exec "$@"');
  put("service", 'echo "service $*" >> "$LOG"');
  put("systemctl", 'echo "systemctl $*" >> "$LOG"');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\nLOG=${join(folder, "log")}\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

function run(): { said: string; result: string; log: string } {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-e", SOURCE],
    { env: { PATH: folder }, encoding: "utf8" },
  );
  const log = join(folder, "log");
  return {
    said: stderr.trim(),
    result: stdout.trim(),
    log: existsSync(log) ? readFileSync(log, "utf8") : "",
  };
}

const INSTALL =
  "here=$(/usr/bin/dirname $0); echo '#!/bin/sh' > $here/redis-server; /bin/chmod +x $here/redis-server";

test("a server that is installed is used, and nothing is said", () => {
  put("valkey-server", "exit 0");
  expect(run()).toEqual({ said: "", result: join(folder, "valkey-server"), log: "" });
});

describe("on a Debian-like system", () => {
  beforeEach(({ skip }) => skip(!existsSync("/usr/bin/apt-get"), "this is no Debian-like system"));

  test("the server is installed after the lists were fetched, said so, and its service switched off", () => {
    put(
      "apt-get",
      `echo "apt-get $1 $RUNLEVEL" >> "$LOG"
       if [ "$1" = update ]; then : > "$LOG.lists"; exit 0; fi
       [ -e "$LOG.lists" ] || { echo "E: Unable to locate package redis-server" >&2; exit 100; }
       ${INSTALL}`,
    );
    const { said, result, log } = run();
    expect(result).toBe(join(folder, "redis-server"));
    expect(said.split("\n")).toEqual([
      "redis-server is not installed: installing it by apt-get (only this once)",
      `redis-server is installed (${join(folder, "redis-server")}); its system service is switched off, we start our own`,
    ]);
    expect(log.split("\n").slice(0, 3)).toEqual([
      "apt-get install 1",
      "apt-get update ",
      "apt-get install 1",
    ]);
    expect(log).toMatch(/service redis-server stop|systemctl disable --now redis-server/);
  });

  test("when it cannot be installed, the message says why and what to type", () => {
    put("apt-get", 'echo "E: Could not resolve deb.debian.org" >&2; exit 100');
    expect(run().result).toMatch(
      /^Cannot install redis-server: apt-get failed \(E: Could not resolve deb.debian.org\); Type "sudo apt-get install redis-server"/,
    );
  });
});

test.for<[NodeJS.Platform, string]>([
  ["darwin", "brew install redis"],
  ["linux", "sudo dnf install redis"],
  ["win32", "docker run"],
])("on %s people are told: %s", ([platform, words]) => {
  expect(howToInstall(platform)).toContain(words);
});
