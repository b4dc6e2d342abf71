/** Virtual time: what happens when, in order; a binary heap. Of two things at one instant, the one planned first happens first. */

interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly happen: () => void;
}

export class Events {
  readonly #heap: Event[] = [];
  #order = 0;
  #nowMs = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  at(atMs: number, happen: () => void): void {
    const heap = this.#heap;
    const event = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, happen };
    let place = heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !before(event, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
  }

  /** Lets the next thing happen. @returns false when nothing is left */
  step(): boolean {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return false;
    if (heap.length > 0) {
      let place = 0;
      for (;;) {
        let child = 2 * place + 1;
        const left = heap[child];
        const right = heap[child + 1];
        if (left === undefined) break;
        let least = left;
        if (right !== undefined && before(right, left)) {
          least = right;
          child += 1;
        }
        if (!before(least, last)) break;
        heap[place] = least;
        place = child;
      }
      heap[place] = last;
    }
    this.#nowMs = first.atMs;
    first.happen();
    return true;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
