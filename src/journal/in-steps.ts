/** Cuts a list into parts of `size`; the last may be shorter. */
export function* inSteps<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += size) yield list.slice(start, start + size);
}
