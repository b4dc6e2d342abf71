/**
 * Carries out one planned write, never blindly twice (`docs/guarantees.md` G4): looks first, announces it in the journal right before it is
 * sent, and when nobody can tell whether it was executed, waits until nothing can carry it out any more and looks twice before anything
 * else is done. Every step may be the last of this process: whoever comes next finds the announcement.
 */
import { effectOf, ExoError, type Exchange, type SendOptions } from "../exo/index.ts";
import type { Change, CmdletReply, ExoRow, ExoValue, Mailbox, Parameters, Written } from "../job/index.ts";
import { isGone } from "../job/index.ts";
import type { Intent, IntentEnd, Journal, Json, Outcome } from "../journal/index.ts";
import { crashPoint, planted } from "../test-points.ts";
import { addressed } from "./addressed.ts";
import { canonical, digestOf } from "./change.ts";
import { weigh } from "./doubt.ts";
import type { MachineClock } from "./machine-clock.ts";
import { recipeFor } from "./recipe-for.ts";
import { type Recipe, saysNoEntry } from "./recipe.ts";

export interface WriteParts {
  readonly journal: Pick<Journal, "openIntent" | "addLook" | "endIntent" | "intents">;
  readonly exo: Pick<Exchange, "invoke">;
  /** Reads about the mailbox, whose answers are known to be about it. */
  read(cmdlet: string, parameters: Parameters, options: SendOptions): Promise<CmdletReply>;
  readonly clock: MachineClock;
  readonly times: {
    readonly settleMs: number;
    readonly lookGapMs: number;
    readonly sendByMs: number;
    readonly maxSends: number;
  };
}

export interface WriteOrder {
  readonly run: string;
  readonly line: number;
  /** Version of the target. */
  readonly redrive: number;
  readonly attempt: number;
  readonly worker: string;
  readonly mailbox: Mailbox;
  readonly change: Change;
  readonly options: SendOptions;
}

/** Not to be carried out now: come back later. */
export class WriteLater extends Error {
  override readonly name = "WriteLater";
  readonly forMs: number;
  constructor(forMs: number) {
    super(`Cannot say yet what became of a write: it is looked at again in ${Math.ceil(forMs / 1_000)} s`);
    this.forMs = forMs;
  }
}

/** It has come to an end that is neither done nor refused. The message becomes the target's reason. */
export class WriteEnded extends Error {
  override readonly name = "WriteEnded";
  readonly outcome: Extract<Outcome, "failed" | "conflict" | "unresolved">;
  readonly fingerprint: string;
  constructor(outcome: WriteEnded["outcome"], cmdlet: string, words: string, fingerprint: string) {
    super(`Cannot vouch for ${cmdlet}: ${words}`);
    this.outcome = outcome;
    this.fingerprint = `${cmdlet}/${fingerprint}`;
  }
}

/** The announced write a settlement has to speak of. */
export interface Held {
  readonly n: number;
  /** What became of it as far as is known; undefined: nobody can say yet. */
  readonly end: IntentEnd | undefined;
}

/** Answers of cmdlets that mean: it was so before (`exo-protocol.md` 10.8, 10.16). */
const WAS_SO: readonly (readonly [RegExp, RegExp])[] = [
  [/^add-/i, /MemberAlreadyExistsException$/],
  [/^remove-/i, /(NotFoundInPermissionEntry|MemberNotFound)Exception$/],
];

/** A warning that says the same (`exo-protocol.md` 10.11, 11 7). */
const NOTHING_MODIFIED =
  /completed successfully but no settings|already (present|exists|has)|(is|was)n't (present|found)|can't (be removed|remove) .* because/i;

export class PlannedWrite {
  readonly #parts: WriteParts;
  readonly #order: WriteOrder;
  readonly #recipe: Recipe | undefined;
  #held: Held | undefined;
  #written: Written | undefined;

  constructor(parts: WriteParts, order: WriteOrder) {
    this.#parts = parts;
    this.#order = order;
    this.#recipe = recipeFor(order.change, order.mailbox);
  }

  get held(): Held | undefined {
    return this.#held;
  }

  /** Undefined until it is known to be as wanted. */
  get written(): Written | undefined {
    return this.#written;
  }

  /**
   * @throws {WriteLater} when the task has to come back; {WriteEnded}; {ExoError} as `Exchange.invoke`, `ambiguous` when it must be looked for
   * later; {JournalError}
   */
  async carryOut(): Promise<Written> {
    const { run, line, redrive } = this.#order;
    const intents = (await this.#parts.journal.intents(run, line)).filter((each) => each.redrive === redrive);
    const open = intents.find(({ end }) => end === undefined);
    const found = open === undefined ? undefined : await this.#settleDoubt(open, intents);
    const earlier = open ?? intents.find(({ end }) => end === "absent");
    this.#written = found ?? (await (earlier === undefined ? this.#send() : this.#sendAgain(earlier)));
    return this.#written;
  }

  /** After looks that showed nothing of an earlier try. */
  async #sendAgain(earlier: Intent): Promise<Written> {
    try {
      const written = await this.#send();
      if (this.#held !== undefined || written.changed) return written;
      // As wanted without another sending: that try was carried out after all, later than anybody had reckoned with.
      return { ...written, changed: true, before: earlier.before };
    } catch (error) {
      if (!isGone(error)) throw error;
      // What was deleted meanwhile may have taken the trace of that try with it.
      throw this.#ended(
        "unresolved",
        "refused",
        "an earlier answer was lost, and what it is about was deleted before anybody could be sure",
        "lost",
      );
    }
  }

  /** What was sent was refused, or it never left: ends the announcement of a target that stays pending. */
  async release(): Promise<void> {
    if (this.#held?.end !== "refused") return;
    const { run, line } = this.#order;
    await this.#parts.journal.endIntent(run, line, this.#held.n, "refused");
    this.#held = undefined;
  }

  async #send(): Promise<Written> {
    const { change, mailbox, options } = this.#order;
    crashPoint("write.before-look");
    const before = await this.#lookFirst();
    if (before.wanted)
      return { changed: false, before: before.seen, after: before.seen, warnings: [], atMs: Date.now() };
    crashPoint("write.before-intent");
    try {
      const reply = await this.#parts.exo.invoke(change.cmdlet, addressed(change, mailbox), {
        ...options,
        anchor: { kind: "mailbox", guid: mailbox.id },
        beforeSend: () => this.#announce(before.seen),
      });
      crashPoint("write.answered");
      // Errors that did not end the cmdlet (`exo-protocol.md` 5.1): some of it was done, perhaps.
      if (reply.errors.length > 0) throw new WriteLater(this.#parts.times.settleMs);
      this.#end("sent");
      const changed = !reply.warnings.some((warning) => NOTHING_MODIFIED.test(warning));
      const { warnings, answeredAtMs: atMs } = reply;
      return { changed, before: before.seen, after: null, warnings, atMs };
    } catch (error) {
      const lost = error instanceof ExoError && error.ambiguous;
      if (lost && !planted("guess-ok")) {
        await this.#noteLost();
        throw error;
      }
      // Whatever else went wrong once it was announced says nothing about whether it was executed: the end stays open.
      if (!(error instanceof ExoError)) throw error;
      this.#end(lost ? "sent" : "refused");
      if (!lost && !wasSo(change.cmdlet, error)) throw error;
      return { changed: false, before: before.seen, after: before.seen, warnings: [], atMs: Date.now() };
    }
  }

  /** Sets what was lost while this process lived apart from what was cut short by its end, which is held against nobody. */
  async #noteLost(): Promise<void> {
    const { run, line, options } = this.#order;
    if (this.#held === undefined || options.signal?.aborted === true) return;
    const note = { lost: true, ...this.#parts.clock.now() };
    await this.#parts.journal.addLook(run, line, this.#held.n, note);
  }

  /** The words of `beforeSend`: from here on the journal knows that it may have been executed. */
  async #announce(before: ExoValue): Promise<number> {
    const { run, line, attempt, worker, change, mailbox } = this.#order;
    const leaveByMs = performance.now() + this.#parts.times.sendByMs;
    if (planted("skip-intent")) return leaveByMs;
    const opened = await this.#parts.journal.openIntent({
      run,
      line,
      attempt,
      worker,
      effect: effectOf(change.cmdlet, change.parameters),
      cmdlet: change.cmdlet,
      digest: digestOf(change, mailbox.id),
      before: asJson(before),
      ...this.#parts.clock.now(),
    });
    switch (opened.is) {
      case "opened":
        this.#held = { n: opened.n, end: undefined };
        crashPoint("write.sent");
        return leaveByMs;
      case "held":
        throw new WriteLater(this.#dueInMs(opened.by));
      case "over":
      case "stopped":
        throw stopped(change.cmdlet);
    }
  }

  #end(end: IntentEnd): void {
    if (this.#held !== undefined) this.#held = { n: this.#held.n, end };
  }

  async #lookFirst(): Promise<{ readonly seen: ExoValue; readonly wanted: boolean }> {
    const recipe = this.#recipe;
    if (recipe === undefined) return { seen: null, wanted: false };
    const seen = await this.#look(recipe);
    return { seen, wanted: recipe.wants(seen) };
  }

  /**
   * What became of a write that was announced and has no end.
   * @returns undefined when it was not executed and may be sent again
   */
  async #settleDoubt(intent: Intent, all: readonly Intent[]): Promise<Written | undefined> {
    const { run, line, change } = this.#order;
    const { journal, clock, times } = this.#parts;
    this.#held = { n: intent.n, end: undefined };
    const effect = effectOf(change.cmdlet, change.parameters);
    if (planted("resend-without-look") && effect !== "once") return this.#forget(intent.n, "absent");
    await this.#seeFirst(intent);
    const dueInMs = planted("skip-settle-window") ? 0 : this.#dueInMs(intent);
    if (dueInMs > 0) throw new WriteLater(dueInMs);
    const recipe = this.#recipe;
    if (recipe === undefined)
      throw this.#ended("unresolved", "doubtful", "nobody knows how to look whether it was executed", "lost");
    crashPoint("doubt.before-look");
    const { seen, wanted } = await this.#tryLook(recipe);
    const look = { seen: asJson(seen), wanted, ...clock.now() };
    if (!(await journal.addLook(run, line, intent.n, look))) throw stopped(change.cmdlet);
    crashPoint("doubt.looked");
    const looks = [...intent.looks, look].filter(isLook).map(lookOf);
    const enough = planted("one-look-is-enough") && looks.length === 1 ? [...looks, ...looks] : looks;
    const sent = all.filter(({ end }) => end !== "refused");
    const lost = sent.filter((each) => each.looks.some((note) => isNote(note, "lost"))).length;
    const { maxSends } = times;
    switch (weigh({ effect, before: intent.before, looks: enough, sends: sent.length, lost, maxSends })) {
      case "look-again":
        throw new WriteLater(times.lookGapMs);
      case "happened":
        this.#end("sent");
        return { changed: true, before: intent.before, after: seen, warnings: [], atMs: look.atMs };
      case "absent-may-send":
        return this.#forget(intent.n, "absent");
      case "absent":
        throw this.#ended(
          "failed",
          "absent",
          "its answer was lost, and two looks show that it was not executed",
          "not-applied",
        );
      case "conflict":
        if (planted("ignore-conflict")) return this.#forget(intent.n, "absent");
        throw this.#ended(
          "conflict",
          "doubtful",
          "its answer was lost, and what is there now is neither what was there before nor what was wanted",
          "conflict",
        );
      case "unresolved":
        throw this.#ended(
          "unresolved",
          "doubtful",
          "its answer was lost, and looking does not tell whether it was executed",
          "lost",
        );
    }
  }

  async #forget(n: number, end: IntentEnd): Promise<undefined> {
    const { run, line, change } = this.#order;
    crashPoint("doubt.before-end");
    if (!(await this.#parts.journal.endIntent(run, line, n, end))) throw stopped(change.cmdlet);
    crashPoint("doubt.ended");
    this.#held = undefined;
    return undefined;
  }

  /** An announcement by a clock that means nothing here, another machine's, is waited for from when it was first seen here. */
  async #seeFirst(intent: Intent): Promise<void> {
    const { journal, clock, times } = this.#parts;
    if (
      clock.canRead(intent) ||
      intent.looks.some((look) => isNote(look, "firstSight") && clock.canRead(momentOf(look)))
    )
      return;
    const { run, line, change } = this.#order;
    if (!(await journal.addLook(run, line, intent.n, { firstSight: true, ...clock.now() })))
      throw stopped(change.cmdlet);
    throw new WriteLater(times.settleMs);
  }

  /** Until the write can have no more effect than it had, and until the next look. */
  #dueInMs(intent: Intent): number {
    const { clock, times } = this.#parts;
    const sight = intent.looks.find((look) => isNote(look, "firstSight") && clock.canRead(momentOf(look)));
    const since = sight === undefined || clock.canRead(intent) ? intent : momentOf(sight);
    const settledInMs = times.settleMs - clock.msSince(since);
    const last = intent.looks.findLast(isLook);
    const gapInMs = last === undefined ? 0 : times.lookGapMs - clock.msSince(momentOf(last));
    return Math.max(0, settledInMs, gapInMs);
  }

  /** A look that cannot be taken for good leaves the doubt; what may pass is tried again by whoever comes next. */
  async #tryLook(recipe: Recipe): Promise<{ readonly seen: ExoValue; readonly wanted: boolean }> {
    try {
      const seen = await this.#look(recipe);
      return { seen, wanted: recipe.wants(seen) };
    } catch (error) {
      if (!isForGood(error)) throw error;
      throw this.#ended(
        "unresolved",
        "doubtful",
        `its answer was lost, and it cannot be looked at: ${error.message}`,
        "lost",
      );
    }
  }

  /** What is there. @throws what says that the mailbox is gone; {UnusableReply} when the answers do not tell */
  async #look(recipe: Recipe): Promise<ExoValue> {
    let gone: unknown;
    const replies = await Promise.all(
      recipe.looks.map(
        async ({ cmdlet, parameters, select, complete }): Promise<readonly ExoRow[] | "gone"> => {
          const options = { ...this.#order.options, ...(select === undefined ? {} : { select }) };
          try {
            const own = complete !== true && !("Identity" in parameters);
            return (await this.#ask(cmdlet, parameters, options, own)).rows;
          } catch (error) {
            if (!isGone(error) && !saysNoEntry(error)) throw error;
            gone ??= error;
            return "gone";
          }
        },
      ),
    );
    try {
      return recipe.see(replies);
    } catch (error) {
      // Without the object itself nothing can be seen: that is what is to be told.
      throw gone ?? error;
    }
  }

  /** @param own the look is at the mailbox itself, and its answer must be about it */
  #ask(cmdlet: string, parameters: Parameters, options: SendOptions, own: boolean): Promise<CmdletReply> {
    if (own) return this.#parts.read(cmdlet, parameters, options);
    const anchor = { kind: "mailbox", guid: this.#order.mailbox.id } as const;
    return this.#parts.exo.invoke(cmdlet, parameters, { ...options, anchor });
  }

  #ended(outcome: WriteEnded["outcome"], end: IntentEnd, words: string, fingerprint: string): WriteEnded {
    this.#end(end);
    return new WriteEnded(outcome, this.#order.change.cmdlet, words, fingerprint);
  }
}

/**
 * Whether looking again would bring the same: the mailbox is gone, we may not look, or the answer makes no sense to us. Faults of what we
 * depend on have advice for people and pass.
 */
function isForGood(error: unknown): error is Error {
  if (error instanceof ExoError) return ["give-up", "denied", "gone"].includes(error.remedy);
  return error instanceof Error && !("advice" in error) && !(error instanceof WriteLater);
}

function wasSo(cmdlet: string, { exceptionType = "" }: ExoError): boolean {
  return WAS_SO.some(([verb, type]) => verb.test(cmdlet) && type.test(exceptionType));
}

function stopped(cmdlet: string): ExoError {
  return new ExoError(`Cannot send ${cmdlet}: the run does not want it any more`, {
    cmdlet,
    kind: "stopped",
    remedy: "stopped",
  });
}

/** What is kept of what was seen: plain JSON, so that it compares equal after a journey through the journal. */
function asJson(value: ExoValue): Json {
  const json: Json = JSON.parse(canonical(value));
  return json;
}

function lookOf(look: Json): { readonly seen: Json; readonly wanted: boolean } {
  const fields = look !== null && typeof look === "object" && !Array.isArray(look) ? look : {};
  return {
    seen: "seen" in fields ? (fields["seen"] ?? null) : null,
    wanted: "wanted" in fields && fields["wanted"] === true,
  };
}

/**
 * Not looks at the tenant, but kept with them: `firstSight` is when this machine first saw the announcement, `lost` that whoever sent it
 * waited in vain for the answer.
 */
const NOTES = ["firstSight", "lost"] as const;

function isNote(look: Json, note: (typeof NOTES)[number]): boolean {
  return look !== null && typeof look === "object" && note in look;
}

function isLook(look: Json): boolean {
  return !NOTES.some((note) => isNote(look, note));
}

function momentOf(look: Json): { readonly atMs: number; readonly clock: Json } {
  const fields = look !== null && typeof look === "object" && !Array.isArray(look) ? look : {};
  const atMs = "atMs" in fields ? fields["atMs"] : undefined;
  return {
    atMs: typeof atMs === "number" ? atMs : 0,
    clock: "clock" in fields ? (fields["clock"] ?? null) : null,
  };
}
