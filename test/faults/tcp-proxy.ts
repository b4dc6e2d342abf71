/**
 * A TCP proxy that spoils a link on purpose: delay, slices, a narrow pipe, cut-off, reset, partition one way or both, half-open connections.
 * Runs in the process that gives the orders; an order holds at once, for connections that are open as for those to come.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One way of a link: `up` from client to server, `down` from server to client. Everything absent: a sound link. */
export interface Toxics {
  /** Every byte comes this much later. */
  readonly latencyMs?: number;
  /** Added to the latency, drawn anew for each piece, from 0 to this. Order is kept. */
  readonly jitterMs?: number;
  /** Pieces of at most this size… */
  readonly sliceBytes?: number;
  /** …this far apart. */
  readonly sliceGapMs?: number;
  readonly bytesPerSecond?: number;
  /** After so many bytes of a connection, counted from its beginning, both its ends are closed as if all was said. */
  readonly truncateAfterBytes?: number;
  /** A partition: nothing passes. What was said meanwhile is held back, as TCP does, and arrives when the order is taken back. */
  readonly held?: boolean;
  /** With `held`: a connection that has something held back is reset after this. */
  readonly resetAfterMs?: number;
}

export interface LinkFaults {
  readonly up?: Toxics;
  readonly down?: Toxics;
  /** New connections are reset as soon as they are made. */
  readonly refused?: boolean;
}

export interface ProxyCounts {
  readonly accepted: number;
  readonly refused: number;
  readonly resets: number;
  readonly truncated: number;
  /** Connections whose server side was dropped without a word to the client. */
  readonly halfOpened: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface TcpProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly open: number;
  readonly counts: ProxyCounts;
  /** Replaces every order given before; `{}` heals the link. */
  order(faults: LinkFaults): void;
  /** Resets every open connection, both ends. @returns how many */
  reset(): number;
  /** Drops the server's end of every open connection, and leaves the client waiting for an answer for ever. @returns how many */
  halfOpen(): number;
}

export interface TcpProxyOptions {
  readonly host?: string;
  readonly port: number;
  /** 0 to 1. */
  readonly chance?: () => number;
}

/** Waiting longer for one side would keep a whole run in memory. */
const MOST_HELD_BYTES = 4 * 1024 * 1024;

/** Listens on a free port of loopback, and forwards to `port`. */
export async function openTcpProxy(options: TcpProxyOptions): Promise<TcpProxy> {
  const proxy = new Proxy(options);
  await proxy.listen();
  return proxy;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

class Proxy implements TcpProxy {
  readonly host = "127.0.0.1";
  readonly #options: TcpProxyOptions;
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly counts: Mutable<ProxyCounts> = {
    accepted: 0,
    refused: 0,
    resets: 0,
    truncated: 0,
    halfOpened: 0,
    bytesUp: 0,
    bytesDown: 0,
  };
  #faults: LinkFaults = {};
  port = 0;

  constructor(options: TcpProxyOptions) {
    this.#options = options;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#take(client));
  }

  get open(): number {
    return this.#links.size;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, this.host);
    await once(this.#server, "listening");
    this.port = (this.#server.address() as AddressInfo).port;
  }

  order(faults: LinkFaults): void {
    this.#faults = faults;
    for (const link of this.#links) link.wake();
  }

  reset(): number {
    const open = [...this.#links];
    for (const link of open) link.reset();
    return open.length;
  }

  halfOpen(): number {
    const open = [...this.#links];
    for (const link of open) link.dropServer();
    this.counts.halfOpened += open.length;
    return open.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.reset();
    await closed;
  }

  #take(client: Socket): void {
    client.on("error", () => undefined); // A client that is killed resets its end.
    if (this.#faults.refused === true) {
      this.counts.refused += 1;
      resetNow(client);
      return;
    }
    this.counts.accepted += 1;
    const { host = "127.0.0.1", port, chance = Math.random } = this.#options;
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const link = new Link(client, server, {
      toxics: (way) => this.#faults[way] ?? {},
      chance,
      passed: (way, bytes) => {
        this.counts[way === "up" ? "bytesUp" : "bytesDown"] += bytes;
      },
      reset: () => (this.counts.resets += 1),
      truncated: () => (this.counts.truncated += 1),
      ended: () => this.#links.delete(link),
    });
    this.#links.add(link);
  }
}

type Way = "up" | "down";

interface LinkParts {
  toxics(way: Way): Toxics;
  chance(): number;
  passed(way: Way, bytes: number): void;
  reset(): void;
  truncated(): void;
  ended(): void;
}

/** One connection of a client and ours to the server. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #parts: LinkParts;
  readonly #pipes: readonly Pipe[];
  readonly #over = new AbortController();

  constructor(client: Socket, server: Socket, parts: LinkParts) {
    this.#client = client;
    this.#server = server;
    this.#parts = parts;
    const signal = this.#over.signal;
    const shared = { ...parts, signal, cut: () => this.#cut(), late: () => this.reset() };
    this.#pipes = [new Pipe(client, server, "up", shared), new Pipe(server, client, "down", shared)];
    server.on("error", () => this.reset());
    client.on("error", () => this.reset());
    const closed = Promise.all([client, server].map(async (socket) => once(socket, "close").catch(() => [])));
    void closed.then(() => this.#end());
  }

  wake(): void {
    for (const pipe of this.#pipes) pipe.wake();
  }

  reset(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#parts.reset();
    resetNow(this.#client);
    resetNow(this.#server);
    this.#end();
  }

  /** The server hears that the client is gone; the client hears nothing any more. */
  dropServer(): void {
    for (const pipe of this.#pipes) pipe.swallow();
    this.#server.removeAllListeners("error");
    this.#server.on("error", () => undefined); // Nobody is told.
    resetNow(this.#server);
  }

  #cut(): void {
    if (this.#over.signal.aborted) return;
    this.#parts.truncated();
    this.#over.abort();
    this.#client.end(() => this.#client.destroy());
    this.#server.end(() => this.#server.destroy());
    this.#end();
  }

  #end(): void {
    this.#over.abort();
    this.#parts.ended();
  }
}

/**
 * Resets a connection. One that is just being shut down cannot be: libuv refuses, and Node 24 takes the handle for closing all the same, so
 * that it is never closed, and the process spins for ever at its end.
 */
export function resetNow(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

interface PipeParts extends Pick<LinkParts, "toxics" | "chance" | "passed"> {
  readonly signal: AbortSignal;
  cut(): void;
  late(): void;
}

interface Piece {
  readonly bytes: Buffer;
  readonly arrivedAt: number;
  readonly dueAt: number;
}

/** One way of one connection. */
class Pipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #way: Way;
  readonly #parts: PipeParts;
  readonly #pieces: Piece[] = [];
  #heldBytes = 0;
  #passedBytes = 0;
  #sourceEnded = false;
  #swallowing = false;
  #wake = Promise.withResolvers<void>();

  constructor(source: Socket, sink: Socket, way: Way, parts: PipeParts) {
    this.#source = source;
    this.#sink = sink;
    this.#way = way;
    this.#parts = parts;
    source.on("data", (bytes: Buffer) => this.#arrive(bytes));
    source.once("end", () => {
      this.#sourceEnded = true;
      this.wake();
    });
    parts.signal.addEventListener("abort", () => this.wake(), { once: true });
    void this.#pump();
  }

  wake(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  swallow(): void {
    this.#swallowing = true;
    this.#pieces.length = 0;
    this.#source.resume();
    this.wake();
  }

  #arrive(bytes: Buffer): void {
    if (this.#swallowing) return;
    const { latencyMs = 0, jitterMs = 0 } = this.#parts.toxics(this.#way);
    const arrivedAt = performance.now();
    const dueAt = arrivedAt + latencyMs + jitterMs * this.#parts.chance();
    this.#pieces.push({ bytes, arrivedAt, dueAt });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MOST_HELD_BYTES) this.#source.pause();
    this.wake();
  }

  async #pump(): Promise<void> {
    const { signal } = this.#parts;
    while (!signal.aborted && !this.#swallowing) {
      const woken = this.#wake.promise;
      const [piece] = this.#pieces;
      if (piece === undefined) {
        if (this.#sourceEnded) return void this.#sink.end();
        await woken;
        continue;
      }
      const { held = false, resetAfterMs } = this.#parts.toxics(this.#way);
      const nowMs = performance.now();
      if (held) {
        const leftMs = (resetAfterMs ?? Number.POSITIVE_INFINITY) - (nowMs - piece.arrivedAt);
        if (leftMs <= 0) return this.#parts.late();
        await Promise.race([woken, Number.isFinite(leftMs) ? sleep(leftMs) : woken]);
        continue;
      }
      if (piece.dueAt > nowMs) {
        await Promise.race([woken, sleep(Math.ceil(piece.dueAt - nowMs))]);
        continue;
      }
      await this.#pass(piece);
    }
  }

  /** Lets a piece through, or its first slice. */
  async #pass(piece: Piece): Promise<void> {
    const { sliceBytes, sliceGapMs = 0, bytesPerSecond, truncateAfterBytes } = this.#parts.toxics(this.#way);
    const left = Math.max(0, (truncateAfterBytes ?? Number.POSITIVE_INFINITY) - this.#passedBytes);
    const size = Math.min(piece.bytes.length, sliceBytes ?? piece.bytes.length, left);
    const slice = piece.bytes.subarray(0, size);
    const rest = piece.bytes.subarray(size);
    if (rest.length === 0) this.#pieces.shift();
    else this.#pieces[0] = { ...piece, bytes: rest };
    this.#heldBytes -= size;
    if (this.#heldBytes <= MOST_HELD_BYTES) this.#source.resume();
    if (size > 0) {
      this.#passedBytes += size;
      this.#parts.passed(this.#way, size);
      if (!this.#sink.writable) return;
      if (!this.#sink.write(slice))
        await Promise.race([once(this.#sink, "drain"), once(this.#sink, "close")]).catch(() => undefined); // It was reset: the link ends.
    }
    if (size === left) return this.#parts.cut();
    const gapMs =
      (sliceBytes !== undefined && rest.length > 0 ? sliceGapMs : 0) +
      (bytesPerSecond === undefined ? 0 : (size / bytesPerSecond) * 1_000);
    if (gapMs > 0) await sleep(gapMs);
  }
}
