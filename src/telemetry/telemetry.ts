import type { EventName, Events } from "./events.ts";

type Listener<Name extends EventName> = (event: Events[Name]) => void;

/** Hands each event to its listeners at once, in the order they came. A listener that throws does not stop the others: it is a bug, and rethrown outside. */
export class Telemetry {
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();

  /** @returns a function that ends the listening */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    const set = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  emit<Name extends EventName>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<Name>)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
