/** Cuts a list into parts of `size`; the last may be shorter. */
export function* inSteps<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}

/** The first step is small, so that whoever waits for the first of many does not wait for the rest. */
const FIRST_STEP = 128;

/** Steps through a list of `length`, each twice as long as the one before, up to `size`. */
export function* growingSteps(
  length: number,
  size: number,
): Generator<{ readonly from: number; readonly to: number }> {
  let from = 0;
  for (let step = Math.min(FIRST_STEP, size); from < length; step = Math.min(size, 2 * step)) {
    const to = Math.min(length, from + step);
    yield { from, to };
    from = to;
  }
}
