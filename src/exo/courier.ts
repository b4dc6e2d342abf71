/** Carries the calls of one tenant: gathered, sent, judged, settled or sent again. The only place where a call's state changes. */
import type { Settings } from "../config.ts";
import { NetworkError } from "../network/index.ts";
import type { Network } from "../network/index.ts";
import type { Telemetry } from "../telemetry/index.ts";
import { SignInError } from "../tenants/index.ts";
import type { Tenant, TokenSource } from "../tenants/index.ts";
import type { Alone, BatchResult, Gate, Permit } from "../throttle/index.ts";
import { answeredEvent } from "./answered-event.ts";
import type { Call } from "./call.ts";
import { REDIRECT_REFUSED, classifyFailure } from "./classify.ts";
import type { Classified, Reply } from "./verdict.ts";
import { decide } from "./decide.ts";
import type { Step } from "./decide.ts";
import { ExoError } from "./errors.ts";
import { admit } from "./admit.ts";
import { stopped } from "./failure.ts";
import { Gatherer } from "./gatherer.ts";
import { judge } from "./judge.ts";
import type { Judgement, Result } from "./judge.ts";
import { lessonOf, scopesOf } from "./lesson.ts";
import { MAX_BACKOFF_MS } from "./limits.ts";
import { Pulse } from "./pulse.ts";
import { RequestBuilder } from "./request.ts";
import type { WireRequest } from "./request.ts";
import { type DueRequest, Transport, UnsafeRedirect } from "./transport.ts";
import { Withdrawals } from "./withdrawals.ts";

export interface CourierParts {
  readonly tenant: Tenant;
  readonly tokens: TokenSource;
  readonly gate: Gate;
  readonly network: Network;
  readonly settings: Pick<Settings, "api" | "batch" | "requests">;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Time and chance, for tests. */
export interface Clock {
  /** What people set: for times that are shown. */
  now(): number;
  /** What nobody can set: for how long something took, and what came first. */
  steadyMs(): number;
  /** 0 to 1. */
  chance(): number;
}

/** One request that has come to its end. */
interface Ended {
  readonly judgement: Judgement;
  readonly token: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** The same two on the clock that nobody can set. */
  readonly leftAtMs: number;
  readonly backAtMs: number;
}

type Again = Extract<Step, { do: "again" }>;
type Around = Extract<Step, { do: "ask-around" }>;
type Open = Extract<Step, { do: "again" | "fail" }>;

export class Courier {
  readonly #parts: CourierParts;
  readonly #transport: Transport;
  readonly #requests: RequestBuilder;
  readonly #gatherer: Gatherer;
  readonly #withdrawals = new Withdrawals((call) => this.#withdraw(call));
  /** Calls that wait for their next try. */
  readonly #delayed = new Map<Call, NodeJS.Timeout>();
  readonly #onWire = new Set<Promise<void>>();
  readonly #closing = new AbortController();
  /** Cmdlets that Exchange has run for us, lower case. */
  readonly #worked = new Set<string>();
  readonly #pulse: Pulse;
  #lastPassAtMs = Number.NEGATIVE_INFINITY;
  #inFlight = 0;

  constructor(parts: CourierParts) {
    const { tenant, tokens, network, gate, settings } = parts;
    this.#parts = parts;
    this.#transport = new Transport(tenant, tokens, network, settings.requests.maxReplyBytes);
    this.#requests = new RequestBuilder(tenant, settings.api);
    this.#gatherer = new Gatherer({
      gate,
      key: { tenantId: tenant.tenantId, appId: tenant.clientId },
      batch: settings.batch,
      ready: async () => {
        await this.#token();
      },
      send: (calls, permit, waiting) => this.#keep(calls, this.#carry(calls, permit, waiting)),
      stopped,
    });
    const { maxRetries } = settings.requests;
    this.#pulse = new Pulse({
      take: (call) => this.take(call),
      maxRetries,
      wait: (tries) => sleep(this.#backoffMs(tries - 1), this.#closing.signal),
    });
  }

  get load(): { readonly waiting: number; readonly inFlight: number } {
    return { waiting: this.#gatherer.waiting + this.#delayed.size, inFlight: this.#inFlight };
  }

  take(asked: Call): void {
    if (this.#closing.signal.aborted || asked.signal?.aborted === true) return asked.reject(stopped(asked));
    const call: Call = {
      ...asked,
      resolve: (answer) => {
        this.#withdrawals.remove(call);
        asked.resolve(answer);
      },
      reject: (error) => {
        this.#withdrawals.remove(call);
        asked.reject(error);
      },
    };
    this.#withdrawals.add(call);
    this.#gatherer.add(call);
  }

  /** Ends a call that is not on the wire. */
  #withdraw(call: Call): void {
    if (this.#forget(call)) call.reject(stopped(call));
  }

  /** Ends a call that is not on the wire any more; should it wait already for its next try, there is none. */
  #giveUp(call: Call, error: unknown): void {
    this.#forget(call);
    call.reject(error);
  }

  /** @returns whether it was waiting to be sent */
  #forget(call: Call): boolean {
    clearTimeout(this.#delayed.get(call));
    return this.#delayed.delete(call) || this.#gatherer.withdraw(call);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const call of [...this.#delayed.keys(), ...this.#gatherer.takeAll()]) {
      clearTimeout(this.#delayed.get(call));
      call.reject(stopped(call));
    }
    this.#delayed.clear();
    await Promise.all(this.#onWire);
  }

  /** A carrying that throws is a bug of ours, or what `alone` threw; its calls must hear of it. */
  #keep(calls: readonly Call[], carrying: Promise<void>): void {
    const kept = carrying
      .catch((error: unknown) => {
        for (const call of calls) call.reject(error);
      })
      .finally(() => this.#onWire.delete(kept));
    this.#onWire.add(kept);
  }

  async #carry(calls: readonly Call[], permit: Permit, waiting: number): Promise<void> {
    await using place = permit;
    let token: string;
    try {
      token = await this.#transport.token();
    } catch {
      // It was good a moment ago. Their line asks again before it sends anything, and tells them what is wrong.
      await place.cancel();
      for (const call of calls) this.#gatherer.add(call, true);
      return;
    }
    const { calls: admitted, leaveByMs } = await admit(calls);
    if (admitted.length === 0) return place.cancel();
    const request = { ...this.#requestFor(admitted), leaveByMs };
    try {
      await this.#carryOut(admitted, request, token, place, waiting);
    } catch (error) {
      // A write that was handed to the network may have been executed, whatever went wrong with us after that.
      for (const call of admitted) this.#giveUp(call, call.effect === "read" ? error : inDoubt(call, error));
    }
  }

  async #carryOut(
    calls: readonly Call[],
    request: DueRequest,
    token: string,
    permit: Permit,
    waiting: number,
  ): Promise<void> {
    const { ended, reported } = await this.#exchange(calls, request, token, permit, waiting);
    this.#settle(ended);
    // What was refused waits until the gate knows why.
    const steps = this.#stepsOf(ended, await reported);
    for (const [call, step] of steps) if (step.do === "fail") call.reject(step.error);
    const again = steps.filter((pair): pair is [Call, Again] => pair[1].do === "again");
    if (again.some(([, step]) => step.renew)) await this.#renew(ended, again);
    for (const [call, step] of again) this.#repeat(call, step);
  }

  async #exchange(
    calls: readonly Call[],
    request: DueRequest,
    token: string,
    permit: Permit,
    waiting: number,
  ): Promise<{ ended: Ended; reported: Promise<Alone> }> {
    const { clock } = this.#parts;
    const sentAtMs = clock.now();
    const leftAtMs = clock.steadyMs();
    for (const call of calls) {
      call.history = { ...call.history, firstSentAtMs: call.history.firstSentAtMs ?? leftAtMs };
    }
    this.#inFlight += calls.length;
    let end: Reply | Classified;
    try {
      end = await this.#transport.send(request, token);
    } catch (error) {
      const known = failed(error);
      if (known === undefined) {
        await permit.report(unanswered(calls.length, clock.steadyMs() - leftAtMs));
        throw error;
      }
      end = known;
    } finally {
      this.#inFlight -= calls.length;
    }
    const answeredAtMs = clock.now();
    const backAtMs = clock.steadyMs();
    const tookMs = backAtMs - leftAtMs;
    const judgement = judge(calls, request, end, answeredAtMs, this.#lastPassAtMs);
    const lesson = lessonOf({
      outcomes: judgement.results.map(({ outcome }) => outcome),
      whole: judgement.whole,
      tookMs,
      rate: judgement.rate,
    });
    const reported = permit.report(lesson);
    const { tenant, telemetry } = this.#parts;
    telemetry.emit("exo:answered", answeredEvent(tenant.name, judgement, tookMs, waiting));
    return { ended: { judgement, token, sentAtMs, answeredAtMs, leftAtMs, backAtMs }, reported };
  }

  /** Settles what has its answer: nothing that the gate says changes that. */
  #settle({ judgement, sentAtMs, answeredAtMs, backAtMs }: Ended): void {
    for (const { call, outcome, requestId } of judgement.results) {
      if (proves(outcome)) {
        this.#worked.add(call.cmdlet.toLowerCase());
        this.#lastPassAtMs = backAtMs;
      }
      if (outcome.verdict.is !== "rows") continue;
      const { rows = [], warnings, errors, next, truncated } = outcome.verdict.envelope;
      call.resolve({ rows, warnings, errors, next, truncated, requestId, sentAtMs, answeredAtMs });
    }
  }

  /** What is to be done with the others. */
  #stepsOf({ judgement, leftAtMs, backAtMs }: Ended, alone: Alone): [Call, Open][] {
    const { results } = judgement;
    const scopes = scopesOf(
      results.map(({ outcome }) => outcome),
      alone,
    );
    // One chance for all, so that calls that failed together come back together.
    const chance = this.#parts.clock.chance();
    return results.flatMap(({ call, outcome, requestId }, place): [Call, Open][] => {
      if (outcome.verdict.is === "rows") return [];
      const step = decide({
        call,
        outcome,
        scope: scopes[place],
        sharedBy: judgement.whole ? results.length : 1,
        requestId,
        worked: this.#worked.has(call.cmdlet.toLowerCase()),
        // What got through before the trouble began says nothing about it.
        othersPass: this.#lastPassAtMs > leftAtMs,
        nowMs: backAtMs,
        chance,
        settings: this.#parts.settings.requests,
      });
      if (step.do === "ask-around") {
        this.#keep([call], this.#askAround(call, step, backAtMs));
        return [];
      }
      return step.do === "settle" ? [] : [[call, step]];
    });
  }

  /** The failure of a call, once it is known whose trouble it is. */
  async #askAround(call: Call, { own, everybodys }: Around, sinceMs: number): Promise<void> {
    // Neither is about any mailbox: its failure is the answer.
    if (call.probe === true || call.target.kind === "catalogue") return call.reject(everybodys);
    const answers = await this.#pulse.beats();
    if (this.#closing.signal.aborted || call.signal?.aborted === true) return call.reject(stopped(call));
    if (!answers && this.#lastPassAtMs <= sinceMs) return call.reject(everybodys);
    // The service may have been away and be back just now: what failed meanwhile is nobody's own trouble until it fails again.
    if (call.history.lastTry) return call.reject(own);
    call.history = { ...call.history, lastTry: true, single: true };
    this.#gatherer.add(call, true);
  }

  /** One new token for everybody who was refused with the old one. Without it, they hear why. */
  async #renew({ token, judgement }: Ended, again: [Call, Again][]): Promise<void> {
    try {
      if ((await this.#token()) !== token) return;
      await this.#token(judgement.claims === undefined ? {} : { claims: judgement.claims });
    } catch (error) {
      for (const [call, step] of again) if (step.renew) call.reject(error);
      again.splice(0, again.length, ...again.filter(([, step]) => !step.renew));
    }
  }

  #repeat(call: Call, { history, cause, afterMs }: Again): void {
    call.history = history;
    const { tenant, telemetry } = this.#parts;
    telemetry.emit("exo:retried", { tenant: tenant.name, run: call.run, cmdlet: call.cmdlet, cause });
    if (this.#closing.signal.aborted || call.signal?.aborted === true) return call.reject(stopped(call));
    if (afterMs <= 0) return this.#gatherer.add(call, true);
    const timer = setTimeout(() => {
      this.#delayed.delete(call);
      this.#gatherer.add(call, true);
    }, afterMs);
    this.#delayed.set(call, timer);
  }

  /** A sign-in service in trouble is asked again, as often as Exchange would be. @throws {SignInError} */
  async #token(renew?: { readonly claims?: string }): Promise<string> {
    const { maxRetries } = this.#parts.settings.requests;
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.#transport.token(renew);
      } catch (error) {
        const passing = error instanceof SignInError && error.transient;
        if (!passing || tries >= maxRetries || this.#closing.signal.aborted) throw error;
        await sleep(this.#backoffMs(tries), this.#closing.signal);
      }
    }
  }

  #backoffMs(tries: number): number {
    return Math.min(this.#parts.settings.requests.retryDelayMs * 2 ** tries, MAX_BACKOFF_MS);
  }

  #requestFor(calls: readonly Call[]): WireRequest {
    const { api, requests } = this.#parts.settings;
    const { timeoutMs, slowTimeoutMs } = requests;
    const [first, ...others] = calls;
    if (first?.target.kind === "catalogue")
      return this.#requests.single(first, Math.min(timeoutMs, api.discoveryTimeoutMs));
    if (first !== undefined && others.length === 0) {
      return this.#requests.single(first, first.slow ? slowTimeoutMs : timeoutMs);
    }
    return this.#requests.batch(calls, timeoutMs);
  }
}

/** Exchange looked at the object: the cmdlet may be run, and the tenant is alive. */
function proves({ verdict }: Result["outcome"]): boolean {
  if (verdict.is === "rows") return true;
  return verdict.is === "refused" && (verdict.kind === "not-found" || verdict.kind === "ambiguous-identity");
}

function failed(error: unknown): Classified | undefined {
  if (error instanceof NetworkError) return classifyFailure(error);
  return error instanceof UnsafeRedirect ? REDIRECT_REFUSED : undefined;
}

/** Nothing came of it that says anything about the throttle. */
function unanswered(calls: number, tookMs: number): BatchResult {
  const none = { passed: 0, slotRefused: 0, refused: 0, passedBy: 0, knownBusy: 0 };
  return { calls, tookMs, ...none, whole: false, tooLarge: false, fault: true };
}

/** Our own failure after a write was handed to the network: nobody read what became of it. */
function inDoubt({ cmdlet }: Call, cause: unknown): ExoError {
  return new ExoError(
    `Cannot tell whether ${cmdlet} was executed: it was sent, and its answer could not be dealt with`,
    {
      cmdlet,
      kind: "network",
      remedy: "give-up",
      ambiguous: true,
      cause,
    },
  );
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done, { once: true });
  });
}
