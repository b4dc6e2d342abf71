/** Reading ahead: a server looks for the next step while the last one is worked on. */
import { setImmediate as breathe } from "node:timers/promises";

/** The same steps in the same order, one more of them in memory. */
export async function* ahead<T>(steps: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  const ask = (): Promise<IteratorResult<T, void>> => {
    const asked = steps.next();
    // Why it failed is told to whoever comes for it; nobody may come.
    asked.catch(() => undefined);
    return asked;
  };
  let next = ask();
  try {
    for (let step = await next; step.done !== true; step = await next) {
      next = ask();
      // The question is on its way before whoever works on this step lets nothing else happen.
      await breathe();
      yield step.value;
    }
  } finally {
    await next.catch(() => undefined);
    await steps.return();
  }
}
