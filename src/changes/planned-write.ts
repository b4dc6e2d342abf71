/**
 * Carries out one planned write, never blindly twice (`docs/guarantees.md` G4): looks first, announces it in the journal right before it is
 * sent, and when nobody can tell whether it was executed, waits until nothing can carry it out any more and looks twice before anything
 * else is done. Every step may be the last of this process: whoever comes next finds the announcement.
 */
import { effectOf, ExoError, type SendOptions } from "../exo/index.ts";
import type { Change, ExoValue, Mailbox, Written } from "../job/index.ts";
import { isGone } from "../job/index.ts";
import type { Intent, IntentEnd, Journal } from "../journal/index.ts";
import { SignInError } from "../tenants/index.ts";
import { crashPoint, planted } from "../test-points.ts";
import { addressed } from "./addressed.ts";
import { digestOf } from "./change.ts";
import { weigh } from "./doubt.ts";
import { look, type Looker } from "./look.ts";
import type { MachineClock } from "./machine-clock.ts";
import { asJson, dueInMs, isLost, noteOf, reckonedSince, sightsOf } from "./notes.ts";
import { recipeFor } from "./recipe-for.ts";
import type { Recipe } from "./recipe.ts";
import { isForGood, saysUnchanged, stopped, wasSo, WriteEnded, WriteLater } from "./write-ends.ts";

export interface WriteParts extends Looker {
  readonly journal: Pick<Journal, "openIntent" | "addLook" | "endIntent" | "intents">;
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

/** The announced write a settlement has to speak of. */
export interface Held {
  readonly n: number;
  /** What became of it as far as is known; undefined: nobody can say yet. */
  readonly end: IntentEnd | undefined;
}

/** `runs verify` takes no `ok` without a sent announcement, unless it comes with a reason. */
const LATE =
  "An answer was lost and two looks showed nothing of it; before it was sent again it was there: carried out late, or the same was done by somebody else";

export class PlannedWrite {
  readonly #parts: WriteParts;
  readonly #order: WriteOrder;
  readonly #recipe: Recipe | undefined;
  #held: Held | undefined;
  #written: Written | undefined;
  #remark: string | undefined;

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

  /** What people have to know of how it came to be as wanted: kept with the outcome. */
  get remark(): string | undefined {
    return this.#remark;
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
      // As wanted without another sending: that try was carried out after all, later than anybody had reckoned with. Its announcement stays on
      // record as absent, so the outcome has to say why it is more than that.
      this.#remark = LATE;
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
      const { warnings, answeredAtMs: atMs } = reply;
      return { changed: !saysUnchanged(warnings), before: before.seen, after: null, warnings, atMs };
    } catch (error) {
      const lost = error instanceof ExoError && error.ambiguous;
      if (lost && !planted("guess-ok")) {
        await this.#noteLost();
        throw error;
      }
      // Without a token nothing leaves, and what was refused for its token was not executed.
      if (error instanceof SignInError) this.#end("refused");
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
    const { journal, clock } = this.#parts;
    await journal.addLook(run, line, this.#held.n, noteOf("lost", clock.now()));
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
        throw new WriteLater(dueInMs(opened.by, this.#parts.clock, this.#parts.times));
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
    return this.#look(recipe);
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
    const waitMs = planted("skip-settle-window") ? 0 : dueInMs(intent, clock, times);
    if (waitMs > 0) throw new WriteLater(waitMs);
    const recipe = this.#recipe;
    if (recipe === undefined)
      throw this.#ended("unresolved", "doubtful", "nobody knows how to look whether it was executed", "lost");
    crashPoint("doubt.before-look");
    const { seen, wanted } = await this.#tryLook(recipe);
    const sight = { seen: asJson(seen), wanted, ...clock.now() };
    if (!(await journal.addLook(run, line, intent.n, sight))) throw stopped(change.cmdlet);
    crashPoint("doubt.looked");
    const looks = [...sightsOf(intent), sight];
    const enough = planted("one-look-is-enough") && looks.length === 1 ? [...looks, ...looks] : looks;
    const sent = all.filter(({ end }) => end !== "refused");
    const lost = sent.filter(isLost).length;
    const { maxSends } = times;
    switch (weigh({ effect, before: intent.before, looks: enough, sends: sent.length, lost, maxSends })) {
      case "look-again":
        throw new WriteLater(times.lookGapMs);
      case "happened":
        this.#end("sent");
        return { changed: true, before: intent.before, after: seen, warnings: [], atMs: sight.atMs };
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
    if (reckonedSince(intent, clock) !== undefined) return;
    const { run, line, change } = this.#order;
    if (!(await journal.addLook(run, line, intent.n, noteOf("firstSight", clock.now()))))
      throw stopped(change.cmdlet);
    throw new WriteLater(times.settleMs);
  }

  /** A look that cannot be taken for good leaves the doubt; what may pass is tried again by whoever comes next. */
  async #tryLook(recipe: Recipe): Promise<{ readonly seen: ExoValue; readonly wanted: boolean }> {
    try {
      return await this.#look(recipe);
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

  async #look(recipe: Recipe): Promise<{ readonly seen: ExoValue; readonly wanted: boolean }> {
    const { mailbox, options } = this.#order;
    const seen = await look(this.#parts, recipe, mailbox, options);
    return { seen, wanted: recipe.wants(seen) };
  }

  #ended(outcome: WriteEnded["outcome"], end: IntentEnd, words: string, fingerprint: string): WriteEnded {
    this.#end(end);
    return new WriteEnded(outcome, this.#order.change.cmdlet, words, fingerprint);
  }
}
