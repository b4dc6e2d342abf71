/** A service with so many places for requests, and processes that fill it by the law until they die. */
import {
  type LawSettings,
  type LawState,
  acquire,
  newState,
  renew,
  report,
} from "../../../src/throttle/law/index.ts";
import { passed, slotRefused } from "./drive.ts";

const STEP_MS = 20;
const REFUSAL_MS = 60;
/** Of a batch, by its place in the order of sending, so that they do not come back in step. */
const TOOK_MS = [1_100, 1_500, 1_300, 1_900, 1_240, 1_700];

interface Request {
  readonly lease: string;
  readonly process: string;
  readonly calls: number;
  readonly refused: boolean;
  readonly sentMs: number;
  readonly endsMs: number;
}

export class Slots {
  readonly state: LawState;
  readonly #settings: LawSettings;
  readonly #places: number;
  #nowMs = 1_700_000_000_000;
  #sent = 0;
  #requests: Request[] = [];
  #renewedMs = 0;
  /** Batches of several calls that found no place. */
  largeRefused = 0;

  constructor(settings: LawSettings, places: number) {
    this.#settings = settings;
    this.#places = places;
    this.state = newState(this.#nowMs);
  }

  /** Its requests end with it, as they do where the work of a lost connection is given up; its leases stay. */
  die(process: string): void {
    this.#requests = this.#requests.filter((request) => request.process !== process);
  }

  serve(ms: number, processes: readonly string[]): void {
    for (const untilMs = this.#nowMs + ms; this.#nowMs < untilMs; this.#nowMs += STEP_MS) {
      this.#end();
      this.#renew(processes);
      for (const process of processes) this.#send(process);
    }
  }

  #end(): void {
    const over = this.#requests.filter(({ endsMs }) => endsMs <= this.#nowMs);
    this.#requests = this.#requests.filter(({ endsMs }) => endsMs > this.#nowMs);
    for (const { lease, calls, refused, sentMs } of over) {
      const result = refused ? slotRefused(calls) : passed(calls, this.#nowMs - sentMs);
      report(this.state, lease, result, this.#settings, this.#nowMs);
    }
  }

  #renew(processes: readonly string[]): void {
    if (this.#nowMs - this.#renewedMs < this.#settings.leaseMs / 3) return;
    this.#renewedMs = this.#nowMs;
    for (const { lease, process } of this.#requests)
      if (processes.includes(process)) renew(this.state, lease, this.#settings, this.#nowMs);
  }

  #send(process: string): void {
    this.#sent += 1;
    const lease = `${process}/${this.#sent}`;
    const ask = { process, lease, kind: "read", waiting: 1_000, maxCalls: 20, random: 0.5 } as const;
    const answer = acquire(this.state, ask, this.#settings, this.#nowMs);
    if (answer.kind !== "go") return;
    const refused = this.#requests.filter((request) => !request.refused).length >= this.#places;
    if (refused && answer.calls > 1) this.largeRefused += 1;
    const tookMs = refused ? REFUSAL_MS : (TOOK_MS[this.#sent % TOOK_MS.length] ?? 0);
    const { calls } = answer;
    this.#requests.push({
      lease,
      process,
      calls,
      refused,
      sentMs: this.#nowMs,
      endsMs: this.#nowMs + tookMs,
    });
  }
}
