/** Postgres for tests: POSTGRES_URL, else a container where a Docker engine answers, else a server of our own, installed where that can be done. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { GenericContainer, Wait } from "testcontainers";
import { installPackage } from "../../src/queue/install.ts";
import { dockerAnswers } from "./docker.ts";
import { freePort } from "./free-port.ts";
import { waitFor } from "./redis.ts";

const run = promisify(execFile);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const USER = "exosweep";
/** Long and odd enough to be found wherever it leaks to. */
export const PASSWORD = "p4ss-Wörd:%20/@hunter2";

export interface TestPostgres extends AsyncDisposable {
  /** Of a schema that no other test has; it is made by whoever opens it first. The password is in `environment`. */
  freshUrl(): string;
  readonly environment: Readonly<Record<string, string>>;
  readonly trustedHosts: readonly string[];
  /** Runs statements in the schema of a URL, behind the journal's back. */
  sql(url: string, statements: string): Promise<readonly Record<string, unknown>[]>;
}

/** A server of one test's own. */
export interface OwnPostgres extends TestPostgres {
  /** Comes back on the same port with the same data. */
  start(): Promise<void>;
  /** As in a power cut: what is not on the disk is gone. */
  crash(): Promise<void>;
}

/** @returns undefined, having said why, where there is none and none can be started */
export async function findPostgres(): Promise<TestPostgres | undefined> {
  const url = process.env["POSTGRES_URL"];
  if (url !== undefined && url !== "") return at(new URL(url), async () => {});
  return (await inContainer()) ?? (await startPostgres());
}

/** Installs the server once, before test files that run at the same time would each try to. */
export async function preparePostgres(): Promise<void> {
  const elsewhere = process.env["POSTGRES_URL"] ?? "";
  if (elsewhere === "" && !(await dockerAnswers())) await findPrograms();
}

async function inContainer(): Promise<TestPostgres | undefined> {
  if (!(await dockerAnswers())) return undefined;
  try {
    const container = await new GenericContainer("postgres:17-alpine")
      .withEnvironment({ POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD, POSTGRES_DB: USER })
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
      .start();
    const where = new URL(
      `postgres://${USER}@${container.getHost()}:${container.getMappedPort(5432)}/${USER}`,
    );
    where.password = encodeURIComponent(PASSWORD);
    return at(where, async () => void (await container.stop()));
  } catch (error) {
    say(
      `Docker answers, but no Postgres came up (${error instanceof Error ? error.message : String(error)})`,
    );
    return undefined;
  }
}

/** Starts a server in a directory of its own, on this machine only. @param tls PEM of its key and certificate; absent: without TLS */
export async function startPostgres(tls?: {
  readonly key: string;
  readonly certificate: string;
}): Promise<OwnPostgres | undefined> {
  const programs = await findPrograms();
  if (programs === undefined) return undefined;
  const directory = mkdtempSync(join(tmpdir(), "exosweep-postgres-"));
  const data = join(directory, "data");
  const who = await unprivileged(directory);
  const put = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    if (who.uid !== undefined && who.gid !== undefined) chownSync(path, who.uid, who.gid);
    return path;
  };
  const initdb = [
    "-D",
    data,
    "-U",
    USER,
    "--no-sync",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--no-locale",
  ];
  await run(join(programs, "initdb"), [...initdb, `--pwfile=${put("password", PASSWORD)}`], {
    ...who,
    cwd: directory,
  });
  const port = await freePort();
  const where = new URL(`postgres://${USER}@127.0.0.1:${port}/postgres`);
  where.password = encodeURIComponent(PASSWORD);
  const encryption =
    tls === undefined
      ? {}
      : { ssl: "on", ssl_key_file: put("key", tls.key), ssl_cert_file: put("certificate", tls.certificate) };
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const settings = {
      listen_addresses: "127.0.0.1",
      port,
      unix_socket_directories: directory,
      max_connections: 200,
      autovacuum_naptime: "5s",
      // The machine stays up, whatever the server does: the tests lose nothing by not waiting for the disk.
      fsync: process.env["POSTGRES_FSYNC"] ?? "off",
      ...encryption,
    };
    const words = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    server = spawn(join(programs, "postgres"), ["-D", data, ...words], {
      ...who,
      cwd: directory,
      stdio: "ignore",
    });
    await waitFor(() => query(where, "SELECT 1"));
  };
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  const abandoned = (): void => void server?.kill("SIGQUIT");
  process.once("exit", abandoned);
  await start().catch(async (error: unknown) => {
    await stop("SIGQUIT");
    throw error;
  });
  return {
    ...at(where, async () => {
      process.off("exit", abandoned);
      await stop("SIGINT");
      rmSync(directory, { recursive: true, force: true });
    }),
    start,
    crash: () => stop("SIGQUIT"),
  };
}

let schemas = 0;

function at(where: URL, stop: () => Promise<void>): TestPostgres {
  return {
    freshUrl: () => {
      schemas += 1;
      const url = new URL(where);
      url.password = "";
      url.searchParams.set("schema", `test_${process.pid}_${Date.now().toString(36)}_${schemas}`);
      return url.href;
    },
    environment: { PGPASSWORD: decodeURIComponent(where.password) },
    trustedHosts: [where.hostname],
    sql: (url, statements) => {
      const schema = new URL(url).searchParams.get("schema") ?? "exosweep";
      return query(where, `SET search_path = ${schema}; ${statements}`);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** @returns the rows of the last statement */
async function query(where: URL, statements: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({
    host: where.hostname,
    port: Number(where.port || 5432),
    user: decodeURIComponent(where.username),
    password: decodeURIComponent(where.password),
    database: where.pathname.slice(1),
  });
  // A server that dies in the middle is the test's doing.
  client.on("error", () => undefined);
  await client.connect();
  try {
    const results: unknown = await client.query(statements);
    const last: unknown = Array.isArray(results) ? results.at(-1) : results;
    return last !== null && typeof last === "object" && "rows" in last && Array.isArray(last.rows)
      ? last.rows
      : [];
  } finally {
    await client.end();
  }
}

/** @returns the folder of `postgres` and `initdb` */
async function findPrograms(): Promise<string | undefined> {
  const found = lookForPrograms();
  if (found !== undefined) return found;
  const reason = await installPackage("postgresql", say).then(
    (installed) => (installed ? undefined : "no postgres is installed"),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const installed = lookForPrograms();
  if (installed === undefined) {
    say(
      `tests of the journal in Postgres are skipped: ${reason ?? "postgres is not where apt-get puts it"}.\n  next: type "sudo apt-get install postgresql", or name a server in POSTGRES_URL`,
    );
  }
  return installed;
}

function lookForPrograms(): string | undefined {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian) : [];
  const folders = [
    ...versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, "bin")),
    ...(process.env["PATH"] ?? "").split(delimiter),
  ];
  return folders.find((folder) => ["postgres", "initdb"].every((name) => existsSync(join(folder, name))));
}

/** Postgres refuses to run as root: then it is the package's user, or nobody, who owns the directory and runs the server. */
async function unprivileged(directory: string): Promise<{ readonly uid?: number; readonly gid?: number }> {
  if (process.getuid?.() !== 0) return {};
  const user = await run("id", ["-u", "postgres"]).then(
    () => "postgres",
    () => "nobody",
  );
  const [uid, gid] = await Promise.all(
    ["-u", "-g"].map(async (which) => Number((await run("id", [which, user])).stdout)),
  );
  if (uid === undefined || gid === undefined) throw new Error(`Cannot find out who ${user} is`);
  chownSync(directory, uid, gid);
  chmodSync(directory, 0o700);
  return { uid, gid };
}
