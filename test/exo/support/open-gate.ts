/** A gate that always lets go, at most `places` at once, and remembers what it was told. */
import type { Alone, Ask, BatchResult, Gate, Permit } from "../../../src/throttle/index.ts";

export interface OpenGate extends Gate {
  readonly asks: Ask[];
  readonly reports: BatchResult[];
  cancelled: number;
  /** Lets nobody in until `open` is called. */
  shut(): void;
  open(): void;
}

export function openGate(maxCalls = 10, places = Number.POSITIVE_INFINITY): OpenGate {
  let inside = 0;
  const door = { shut: false };
  const line: (() => void)[] = [];
  const next = (): void => {
    while (!door.shut && inside < places) {
      const enter = line.shift();
      if (enter === undefined) return;
      inside += 1;
      enter();
    }
  };
  const gate: OpenGate = {
    asks: [],
    reports: [],
    cancelled: 0,
    shut: () => {
      door.shut = true;
    },
    open: () => {
      door.shut = false;
      next();
    },
    enter: (_, ask) => {
      gate.asks.push(ask);
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          ask.signal?.removeEventListener("abort", leave);
          resolve(permit());
        };
        const leave = (): void => {
          line.splice(line.indexOf(enter), 1);
          reject(ask.signal?.reason);
        };
        if (ask.signal?.aborted === true) return reject(ask.signal.reason);
        ask.signal?.addEventListener("abort", leave, { once: true });
        line.push(enter);
        next();
      });
    },
    status: () => Promise.reject(new Error("not asked for here")),
    order: () => Promise.reject(new Error("not asked for here")),
    close: () => Promise.resolve(),
  };
  const permit = (): Permit => {
    let over = false;
    const end = (): void => {
      over = true;
      inside -= 1;
      next();
    };
    const self: Permit = {
      maxCalls,
      scout: false,
      report: (result) => {
        if (over) throw new Error("a permit was reported twice");
        gate.reports.push(result);
        end();
        return Promise.resolve(aloneOf(result));
      },
      cancel: () => {
        if (over) throw new Error("a permit was cancelled after its end");
        gate.cancelled += 1;
        end();
        return Promise.resolve();
      },
      [Symbol.asyncDispose]: () => (over ? Promise.resolve() : self.cancel()),
    };
    return self;
  };
  return gate;
}

/** Simpler than the law: what speaks for itself. */
function aloneOf({ refused, passedBy, knownBusy }: BatchResult): Alone {
  if (refused === 0) return "none";
  if (passedBy + knownBusy === refused) return "all";
  return passedBy > 0 ? "passed-by" : "none";
}
