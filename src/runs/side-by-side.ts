/** Ways to have two things on the way at once and still end cleanly. */

/**
 * Does all tasks at once. When one fails the others are told to stop and waited for, so that nothing goes on behind the caller's back.
 * @throws what the first that failed threw
 */
export async function sideBySide(
  signal: AbortSignal,
  tasks: readonly ((signal: AbortSignal) => Promise<unknown>)[],
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const running = tasks.map((task) =>
    task(either).catch((error: unknown) => {
      stop.abort(error);
      throw error;
    }),
  );
  await Promise.allSettled(running);
  // Aborted by the first failure only: what the others threw because of it says nothing.
  if (stop.signal.aborted) throw stop.signal.reason;
}

/** The same items, each asked for while its predecessor is still in use: a page is on its way while the last one is written down. */
export async function* ahead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const source = items[Symbol.asyncIterator]();
  let next = source.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done === true) return;
      next = source.next();
      next.catch(() => undefined); // Heard of when it is its turn.
      yield item.value;
    }
  } finally {
    await source.return?.();
  }
}
