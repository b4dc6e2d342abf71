/** What a recount finds wrong, one sentence each: listed so far, then counted. */
const MOST_PROBLEMS = 20;

export class Problems {
  readonly #listed: string[] = [];
  #more = 0;

  add(problem: string): void {
    if (this.#listed.at(-1) === problem) return;
    if (this.#listed.length < MOST_PROBLEMS) this.#listed.push(problem);
    else this.#more += 1;
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#listed : [...this.#listed, `${this.#more} more problems`];
  }
}
