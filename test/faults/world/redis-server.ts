/** A real Redis of the suite's own, to kill, freeze, empty and confuse. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { ensureRedisServer } from "../../../src/queue/index.ts";
import { freePort } from "../../support/free-port.ts";
import { Child } from "./child.ts";

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly #program: string;
  readonly #directory: string;
  #child: Child | undefined;

  private constructor(program: string, directory: string, port: number) {
    this.#program = program;
    this.#directory = directory;
    this.port = port;
  }

  static async start(): Promise<RedisServer> {
    const program = await ensureRedisServer((text) => process.stderr.write(`${text}\n`));
    const server = new RedisServer(
      program,
      await mkdtemp(join(tmpdir(), "exosweep-faults-redis-")),
      await freePort(),
    );
    await server.up();
    return server;
  }

  /** Starts it with the data it had; nothing happens when it runs. */
  async up(): Promise<void> {
    if (this.#child?.running === true) return;
    const files = [
      "--dir",
      this.#directory,
      "--appendonly",
      "yes",
      "--appendfsync",
      "everysec",
      "--save",
      "",
    ];
    this.#child = new Child(this.#program, ["--port", String(this.port), "--bind", "127.0.0.1", ...files]);
    await this.#child.line("Ready to accept connections");
  }

  async kill(): Promise<void> {
    await this.#child?.end("SIGKILL");
  }

  freeze(): void {
    this.#child?.signal("SIGSTOP");
  }

  thaw(): void {
    this.#child?.signal("SIGCONT");
  }

  /** Empties its volume; only while it is down. */
  async forget(): Promise<void> {
    await rm(join(this.#directory, "appendonlydir"), { recursive: true, force: true });
  }

  /** Gives one command, past every proxy. */
  async tell(command: string, ...args: string[]): Promise<unknown> {
    const redis = new Redis({
      port: this.port,
      host: "127.0.0.1",
      lazyConnect: true,
      retryStrategy: () => null,
    });
    redis.on("error", () => undefined); // The command says it.
    try {
      await redis.connect();
      return await redis.call(command, ...args);
    } finally {
      redis.disconnect();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
