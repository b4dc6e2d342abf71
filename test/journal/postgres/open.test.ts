import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { JournalError, openPostgresJournal } from "../../../src/journal/index.ts";
import { findPostgres } from "../../support/postgres.ts";
import { freePort } from "../../support/free-port.ts";
import { mailboxes, settlement, startRun } from "../samples.ts";

const postgres = await findPostgres();
afterAll(() => postgres?.[Symbol.asyncDispose]());

describe.skipIf(postgres === undefined)("a journal in Postgres", () => {
  if (postgres === undefined) return;
  const { environment, trustedHosts } = postgres;
  const secret = environment["PGPASSWORD"] ?? "";
  let url: URL;

  beforeEach(() => {
    url = new URL(postgres.freshUrl());
  });

  const open = (
    change: Partial<Parameters<typeof openPostgresJournal>[0]> = {},
  ): ReturnType<typeof openPostgresJournal> =>
    openPostgresJournal({ url: url.href, environment, trustedHosts, ...change });

  /** Why opening failed, and the secrets that are somewhere in what was thrown. */
  async function refusalOf(opening: ReturnType<typeof openPostgresJournal>): Promise<unknown> {
    const error: unknown = await opening.then(
      (journal) => journal.close(),
      (error: unknown) => error,
    );
    if (!(error instanceof JournalError)) return error;
    const all = inspect(error, { depth: 20, showHidden: true });
    const leaked = [secret, encodeURIComponent(secret), "hunter2"].filter((canary) => all.includes(canary));
    return { message: error.message, advice: error.advice, leaked };
  }

  const words = (message: RegExp, advice: RegExp): unknown => ({
    message: expect.stringMatching(message),
    advice: expect.stringMatching(advice),
    leaked: [],
  });

  test("is made by whoever opens it first, also when many do at once", async () => {
    const journals = await Promise.all(Array.from({ length: 8 }, () => open()));
    await startRun(journals[0] ?? (await open()), "r1", mailboxes(1));
    const seen = await Promise.all(journals.map((journal) => journal.run("r1")));
    expect(seen.map((run) => run?.state)).toEqual(journals.map(() => "running"));
    await Promise.all(journals.map((journal) => journal.close()));
  });

  test("is found in a schema of its own, beside others of the same database", async () => {
    const one = await open();
    const two = await openPostgresJournal({ url: postgres.freshUrl(), environment, trustedHosts });
    await startRun(one, "r1", mailboxes(1));
    expect(await two.run("r1")).toBeUndefined();
    await Promise.all([one.close(), two.close()]);
  });

  test("commits are synced, and a process that freezes in one loses it, whatever the server's defaults", async () => {
    const journal = await open();
    await startRun(journal, "r1", mailboxes(1));
    await postgres.sql(
      url.href,
      `CREATE FUNCTION wary() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF current_setting('synchronous_commit') <> 'on' THEN RAISE 'not synced'; END IF;
         IF current_setting('idle_in_transaction_session_timeout') <> '20s' THEN RAISE 'waits for ever'; END IF;
         RETURN NEW; END $$;
       CREATE TRIGGER wary BEFORE UPDATE ON targets FOR EACH ROW EXECUTE FUNCTION wary()`,
    );
    expect(await journal.settle(settlement("r1", 1))).toBe("settled");
    await journal.close();
  });

  test("a wrong password is named, and not repeated", async () => {
    expect(await refusalOf(open({ environment: { PGPASSWORD: "hunter2" } }))).toEqual(
      words(
        /^Cannot open the journal postgres:\/\/[\w.]+:\d+\/\w+: the server refuses user or password$/,
        /PGPASSWORD or ~\/\.pgpass/,
      ),
    );
  });

  test("a missing password is named the same", async () => {
    expect(await refusalOf(open({ environment: { HOME: "/nowhere" } }))).toEqual(
      words(/refuses user or password$/, /PGPASSWORD/),
    );
  });

  test("a password in the URL works, with a warning that does not repeat it", async () => {
    url.password = encodeURIComponent(secret);
    const warnings: string[] = [];
    const journal = await open({ environment: {}, onWarning: (text) => warnings.push(text) });
    await journal.close();
    const [last = ""] = warnings.slice(-1);
    expect(last).toMatch(/holds a password: keep it in PGPASSWORD/);
    expect(warnings.join()).not.toContain(secret);
  });

  test("a server without fsync is warned of", async () => {
    const warnings: string[] = [];
    await (await open({ onWarning: (text) => warnings.push(text) })).close();
    const [{ fsync } = { fsync: undefined }] = await postgres.sql(url.href, "SHOW fsync");
    expect(warnings.some((text) => text.includes("fsync = off"))).toBe(fsync === "off");
  });

  test("the password is found in the file of all Postgres tools, unless others can read it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "exosweep-pgpass-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, ".pgpass");
    writeFileSync(file, `*:*:*:*:${secret.replaceAll(/[\\:]/g, String.raw`\$&`)}\n`, { mode: 0o600 });
    await (await open({ environment: { HOME: directory } })).close();
    await (await open({ environment: { PGPASSFILE: file } })).close();
    chmodSync(file, 0o644);
    expect(await refusalOf(open({ environment: { HOME: directory } }))).toEqual(
      words(/others on this machine can read/, /chmod 600/),
    );
  });

  test("a server that is not there is named at once", async () => {
    const port = await freePort();
    url.hostname = "127.0.0.1";
    url.port = `${port}`;
    expect(await refusalOf(open())).toEqual(
      words(new RegExp(`:${port}/.*: the server cannot be reached$`), /host and port in `journal`/),
    );
  });

  test("a host that is not there is named at once", async () => {
    url.hostname = "nowhere.invalid";
    expect(await refusalOf(open())).toEqual(
      words(/nowhere\.invalid:\d+\/.*: the server cannot be reached$/, /host and port/),
    );
  });

  test("a server that hangs up is named", async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    const address = server.address();
    url.hostname = "127.0.0.1";
    url.port = `${address !== null && typeof address === "object" ? address.port : 0}`;
    expect(await refusalOf(open())).toEqual(
      words(/the server is stopping, starting or gone for a moment$/, /./),
    );
  });

  test("a database that is not there is named", async () => {
    url.pathname = "/nowhere";
    expect(await refusalOf(open())).toEqual(words(/\/nowhere: there is no such database$/, /createdb/));
  });

  test("a server without TLS is not spoken to where TLS is due", async () => {
    url.searchParams.set("sslmode", "require");
    expect(await refusalOf(open())).toEqual(words(/the server offers no TLS$/, /insecureHosts/));
  });

  test("a journal of a newer version is left alone", async () => {
    await (await open()).close();
    await postgres.sql(url.href, "UPDATE journal SET version = 99");
    expect(await refusalOf(open())).toEqual(
      words(/it has version 99, this program knows \d+$/, /Update this program/),
    );
    expect(await postgres.sql(url.href, "SELECT version FROM journal")).toEqual([{ version: 99 }]);
  });

  test("a schema of another program is left alone", async () => {
    const schema = url.searchParams.get("schema") ?? "";
    await postgres.sql(url.href, `CREATE SCHEMA ${schema}; CREATE TABLE ${schema}.theirs (x integer)`);
    expect(await refusalOf(open())).toEqual(
      words(new RegExp(`the schema ${schema} belongs to another program$`), /\?schema=name/),
    );
  });

  test("a user without rights is told which", async () => {
    const role = `reader_${url.searchParams.get("schema") ?? ""}`;
    await postgres.sql(url.href, `CREATE ROLE ${role} LOGIN PASSWORD '${secret}'`);
    url.username = role;
    expect(await refusalOf(open())).toEqual(
      words(/this user may not do it$/, /CREATE SCHEMA exosweep AUTHORIZATION/),
    );
  });

  test("a server that only reads is named", async () => {
    await (await open()).close();
    const role = `standby_${url.searchParams.get("schema") ?? ""}`;
    const schema = url.searchParams.get("schema") ?? "";
    await postgres.sql(
      url.href,
      `CREATE ROLE ${role} LOGIN PASSWORD '${secret}'; ALTER ROLE ${role} SET default_transaction_read_only = on;
       GRANT ALL ON SCHEMA ${schema} TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
    );
    url.username = role;
    const journal = await open();
    await expect(journal.addEvent("r1", { atMs: 1, kind: "x", data: null })).rejects.toThrow(
      /can be read but not written$/,
    );
    await journal.close();
  });
});
