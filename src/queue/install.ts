/** Gets a Redis server onto this machine where that can be done, and says what to type where it cannot. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { findRedisServer } from "./embedded-server.ts";
import { RedisError } from "./endpoint.ts";

const run = promisify(execFile);
const INSTALL_TIMEOUT_MS = 300_000;

/** One sentence: how to get a Redis on this kind of machine. */
export function howToInstall(platform: NodeJS.Platform = process.platform): string {
  const own = "or name a Redis of your own as `redis` in exosweep.yaml (for the tests: REDIS_URL)";
  if (platform === "darwin") return `Type "brew install redis", ${own}`;
  if (platform === "linux") {
    return `Type "sudo apt-get install redis-server" (Debian, Ubuntu), "sudo dnf install redis" (Fedora, Red Hat) or "sudo apk add redis" (Alpine), ${own}`;
  }
  return "Name a Redis of your own as `redis` in exosweep.yaml (for the tests: REDIS_URL), such as a container: docker run -p 6379:6379 redis redis-server --appendonly yes";
}

/**
 * Makes sure that there is a program the embedded Redis can run; installs it on Debian-like systems when we are root or sudo asks nothing.
 * For the demo and the tests, which promise to need one command only; nothing else installs anything.
 * @param say tells people what happens, one sentence a call
 * @throws {RedisError} when there is none and it cannot be installed; its advice says what to type
 */
export async function ensureRedisServer(say: (text: string) => void): Promise<string> {
  const found = findRedisServer();
  if (found !== undefined) return found;
  if (!(await installPackage("redis-server", say).catch(failed))) {
    throw new RedisError("Cannot start a Redis of our own: no redis-server is installed", howToInstall());
  }
  const installed = findRedisServer();
  if (installed === undefined) {
    throw new RedisError("Cannot find redis-server, although apt-get installed it", howToInstall());
  }
  say(`redis-server is installed (${installed}); its system service is switched off, we start our own`);
  return installed;
}

function failed(error: unknown): never {
  throw new RedisError(error instanceof Error ? error.message : String(error), howToInstall());
}

/**
 * Installs a package of Debian, and leaves the service it brings switched off: we come for the program only.
 * @returns false on a system of another kind, and without the rights
 * @throws when apt-get fails, with its last words
 */
export async function installPackage(name: string, say: (text: string) => void): Promise<boolean> {
  const rights =
    process.platform === "linux" && existsSync("/usr/bin/apt-get") ? await rightsToInstall() : undefined;
  if (rights === undefined) return false;
  say(`${name} is not installed: installing it by apt-get (only this once)`);
  try {
    await aptInstall(rights, name).catch(async () => {
      // New machines have no package lists.
      await run("env", [...rights, "apt-get", "update", "-q"], { timeout: INSTALL_TIMEOUT_MS });
      await aptInstall(rights, name);
    });
  } catch (error) {
    const said =
      error instanceof Error && "stderr" in error ? String(error.stderr).trim().split("\n").at(-1) : "";
    throw new Error(`Cannot install ${name}: apt-get failed${said ? ` (${said})` : ""}`, { cause: error });
  }
  await stopService(rights, name);
  return true;
}

/** @returns what to put before a command that needs root; undefined without the rights */
async function rightsToInstall(): Promise<string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  try {
    await run("sudo", ["-n", "true"]);
    return ["sudo", "-n", "env"];
  } catch {
    // No sudo, or it wants a password.
    return undefined;
  }
}

async function aptInstall(rights: readonly string[], name: string): Promise<void> {
  // In runlevel 1 the package does not start its service.
  const args = [
    ...rights,
    "DEBIAN_FRONTEND=noninteractive",
    "RUNLEVEL=1",
    "apt-get",
    "install",
    "-qy",
    "--no-install-recommends",
    "-o",
    "DPkg::Lock::Timeout=120",
    name,
  ];
  await run("env", args, { timeout: INSTALL_TIMEOUT_MS });
}

async function stopService(rights: readonly string[], name: string): Promise<void> {
  const off = existsSync("/run/systemd/system")
    ? ["systemctl", "disable", "--now", name]
    : ["service", name, "stop"];
  // It may never have been started, and then stopping it fails: that is fine.
  await run("env", [...rights, ...off], { timeout: 60_000 }).catch(() => {});
}
