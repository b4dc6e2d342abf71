/** Does the tenant answer anything? Asked when a call has failed for good and no other got through meanwhile: then it may be the service that is away. */
import { NO_HISTORY } from "./call.ts";
import type { Answer, Call } from "./call.ts";
import { encodeCall } from "./encode.ts";
import { ExoError } from "./errors.ts";
import type { FailureKind } from "./errors.ts";

/** One answer in three is a sign of life; three lost ones are none, in a service that drops some calls at any time. */
const TRIES = 3;

/** Failures in which nobody answered who knows the tenant. */
const SILENCE: ReadonlySet<FailureKind> = new Set<FailureKind>([
  "not-sent",
  "network",
  "timeout",
  "server-error",
  "transient",
  "malformed",
  "unauthorized",
  "stopped",
]);

export interface PulseParts {
  /** Carries a call; its failure is not repeated. */
  take(call: Call): void;
  readonly maxRetries: number;
  /** Wait between tries. */
  wait(tries: number): Promise<void>;
}

export class Pulse {
  readonly #parts: PulseParts;
  #feeling: Promise<boolean> | undefined;

  constructor(parts: PulseParts) {
    this.#parts = parts;
  }

  /** Whoever asks at the same time shares one answer. */
  beats(): Promise<boolean> {
    this.#feeling ??= this.#feel().finally(() => {
      this.#feeling = undefined;
    });
    return this.#feeling;
  }

  async #feel(): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#ask();
        return true;
      } catch (error) {
        if (!(error instanceof ExoError)) return false;
        if (!SILENCE.has(error.kind)) return true;
        // A time-out has taken its time; a connection that fails at once may have been bad luck.
        if (tries >= TRIES || error.kind === "timeout" || error.kind === "stopped") return false;
      }
      await this.#parts.wait(tries);
    }
  }

  /** The first mailbox of the tenant, by the anchor that no mailbox's trouble touches (`exo-protocol.md` 3.2). */
  #ask(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#parts.take({
        cmdlet: "Get-Mailbox",
        input: encodeCall("Get-Mailbox", { ResultSize: 1 }),
        effect: "read",
        resource: undefined,
        target: { kind: "invoke" },
        select: ["ExchangeGuid"],
        anchor: { kind: "tenant" },
        lane: "interactive",
        run: undefined,
        signal: undefined,
        alone: undefined,
        beforeSend: undefined,
        single: true,
        slow: false,
        probe: true,
        history: { ...NO_HISTORY, faults: this.#parts.maxRetries },
        resolve,
        reject,
      });
    });
  }
}
