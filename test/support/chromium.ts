/** A real browser for tests: Debian's Chromium, spoken to over a pipe. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { installPackage } from "../../src/queue/install.ts";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Installs it where the tests may. @returns why there is none, undefined when there is one */
export async function whyNoChromium(): Promise<string | undefined> {
  if (find() !== undefined) return undefined;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  return installPackage("chromium", say).then(
    () => (find() === undefined ? "Chromium is not installed" : undefined),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

function find(): string | undefined {
  return PLACES.find((path) => existsSync(path));
}

export interface Page {
  /** What an expression in the page comes to; a promise is awaited. */
  evaluate(expression: string): Promise<unknown>;
  /** Errors and warnings the page gave so far: exceptions, and what the browser refused. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Opens a file, and waits until it is loaded. */
export async function openPage(path: string): Promise<Page> {
  const program = find();
  if (program === undefined) throw new Error("Cannot open a page: there is no Chromium");
  const profile = await mkdtemp(join(tmpdir(), "exosweep-chromium-"));
  const flags = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
  ];
  const child = spawn(
    program,
    [
      ...flags,
      "--disable-background-networking",
      "--disable-component-update",
      "--remote-debugging-pipe",
      `--user-data-dir=${profile}`,
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const wire = new Wire(child.stdio[3] as Writable, child.stdio[4] as Readable);
  const { targetId } = (await wire.ask("Target.createTarget", { url: "about:blank" })) as {
    targetId: string;
  };
  const attached = await wire.ask("Target.attachToTarget", { targetId, flatten: true });
  const { sessionId } = attached as { sessionId: string };
  const complaints: string[] = [];
  wire.listen("Runtime.exceptionThrown", (event) => complaints.push(JSON.stringify(event)));
  wire.listen("Log.entryAdded", (event) => complaints.push(JSON.stringify(event)));
  wire.listen("Runtime.consoleAPICalled", (event) => complaints.push(JSON.stringify(event)));
  const loaded = new Promise<void>((resolve) => wire.listen("Page.loadEventFired", () => resolve()));
  for (const domain of ["Page", "Runtime", "Log"]) await wire.ask(`${domain}.enable`, {}, sessionId);
  await wire.ask("Page.navigate", { url: `file://${path}` }, sessionId);
  await loaded;
  return {
    complaints,
    async evaluate(expression) {
      const asked = { expression, awaitPromise: true, returnByValue: true };
      const answer = (await wire.ask("Runtime.evaluate", asked, sessionId)) as {
        readonly result: { readonly value?: unknown };
        readonly exceptionDetails?: unknown;
      };
      if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails));
      return answer.result.value;
    },
    async close() {
      await wire.ask("Browser.close", {});
      await ended;
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

type Listener = (event: unknown) => void;

/** Messages of the DevTools protocol, each ended by a NUL. */
class Wire {
  readonly #out: Writable;
  readonly #waiting = new Map<
    number,
    { resolve: (result: unknown) => void; reject: (error: Error) => void }
  >();
  readonly #listeners = new Map<string, Listener[]>();
  #next = 1;

  constructor(out: Writable, input: Readable) {
    this.#out = out;
    let pending = "";
    input.setEncoding("utf8");
    input.on("data", (text: string) => {
      const messages = (pending + text).split("\0");
      pending = messages.pop() ?? "";
      for (const message of messages) this.#hear(JSON.parse(message));
    });
    input.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("Cannot go on: Chromium has ended"));
    });
  }

  ask(method: string, params: object, sessionId?: string): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#out.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    return promise;
  }

  listen(method: string, listener: Listener): void {
    this.#listeners.set(method, [...(this.#listeners.get(method) ?? []), listener]);
  }

  #hear(message: {
    readonly id?: number;
    readonly method?: string;
    readonly params?: unknown;
    readonly result?: unknown;
    readonly error?: { readonly message: string };
  }): void {
    for (const listener of this.#listeners.get(message.method ?? "") ?? []) listener(message.params);
    const waiting = this.#waiting.get(message.id ?? -1);
    if (waiting === undefined) return;
    this.#waiting.delete(message.id ?? -1);
    if (message.error === undefined) waiting.resolve(message.result);
    else waiting.reject(new Error(message.error.message));
  }
}
