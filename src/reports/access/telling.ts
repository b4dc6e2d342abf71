/** An answer on its way: its accesses page by page, each when it is asked for, and what is said around them. */
import type { Answer, AnswerFrame, FoundAccess } from "./answer.ts";
import { inOrder } from "./answer.ts";

/** Accesses of a page; the last may have fewer. */
export const PAGE = 100;

export interface Telling {
  /** All accesses, each once; an answer without any is one empty page. Can be gone through once. */
  readonly pages: AsyncIterable<readonly FoundAccess[]>;
  /** What is known by now; numbers are those of what has been found so far, and of all of it once `isOver`. Notes that count wait until then. */
  frame(): AnswerFrame;
  /** Nothing comes after the page that came last. */
  isOver(): boolean;
}

/**
 * @param found in the order they are to be told; what fits in a page is sorted, because there is nothing to wait for
 */
export function telling(
  found: AsyncIterable<readonly FoundAccess[]>,
  frame: (isOver: boolean) => AnswerFrame,
  size = PAGE,
): Telling {
  let over = false;
  async function* pages(): AsyncGenerator<readonly FoundAccess[]> {
    let waiting: readonly FoundAccess[] = [];
    let told = 0;
    for await (const some of found) {
      waiting = waiting.concat(some);
      let from = 0;
      for (; waiting.length - from > size; from += size) {
        told += size;
        yield waiting.slice(from, from + size);
      }
      waiting = waiting.slice(from);
    }
    over = true;
    yield told === 0 ? inOrder(waiting) : waiting;
  }
  return { pages: pages(), frame: () => frame(over), isOver: () => over };
}

/** All of an answer. Takes as much memory as it has accesses. */
export async function whole(told: Telling): Promise<Answer> {
  const accesses: FoundAccess[] = [];
  for await (const page of told.pages) for (const access of page) accesses.push(access);
  return { ...told.frame(), accesses };
}
