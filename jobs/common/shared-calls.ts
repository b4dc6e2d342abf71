/** Calls for one mailbox that several parts of a night ask for, sent once; `docs/decisions/0016`. */
import type { CallOptions, CmdletReply, Parameters, ReadOptions, TaskContext } from "../../src/job/index.ts";

type Calls = Pick<TaskContext<unknown>, "read" | "exo">;

export class SharedCalls {
  readonly #calls: Calls;
  /** By what is asked for: the answers, in the order in which they were first asked for. */
  readonly #answers = new Map<string, Promise<CmdletReply>[]>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /**
   * The calls of one part. Its n-th call of a kind gets the n-th answer of that kind, whoever had it sent: who asks twice on purpose gets
   * two answers. Who is first takes the refusal, and all get it.
   */
  forPart(): Calls {
    const asked = new Map<string, number>();
    const answer = (key: string, send: () => Promise<CmdletReply>): Promise<CmdletReply> => {
      const n = asked.get(key) ?? 0;
      asked.set(key, n + 1);
      const answers = this.#answers.get(key) ?? [];
      this.#answers.set(key, answers);
      return (answers[n] ??= send());
    };
    const { read, exo } = this.#calls;
    return {
      read: (cmdlet, parameters, options) => {
        const send = (): Promise<CmdletReply> => read(cmdlet, parameters, options);
        // One that can be withdrawn is its part's own.
        if (options?.signal !== undefined) return send();
        return answer(keyOf("read", cmdlet, parameters, options), send);
      },
      exo: {
        invoke: (cmdlet, parameters, options) => {
          const send = (): Promise<CmdletReply> => exo.invoke(cmdlet, parameters, options);
          if (options?.signal !== undefined) return send();
          return answer(keyOf("invoke", cmdlet, parameters, options), send);
        },
        pages: (cmdlet, parameters, options) => exo.pages(cmdlet, parameters, options),
      },
    };
  }
}

/** Other columns are another question: a property that one part did not ask for would be missing in its answer. */
function keyOf(
  how: "read" | "invoke",
  cmdlet: string,
  parameters: Parameters,
  { select, part }: ReadOptions & CallOptions = {},
): string {
  const given = Object.entries(parameters).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([how, cmdlet, given, select?.toSorted() ?? null, part ?? null]);
}
