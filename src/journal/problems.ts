/** What a recount finds wrong, one sentence each: listed so far, then counted. */
const MOST_PROBLEMS = 20;
/** Names in a bundle may be of any length. */
const MOST_CHARACTERS = 500;

export class Problems {
  readonly #place: () => string;
  readonly #listed: string[] = [];
  #more = 0;

  /** @param place where the evidence stands that is being looked at, to be added to a sentence */
  constructor(place: () => string = () => "") {
    this.#place = place;
  }

  add(problem: string): void {
    const sentence = problem.length > MOST_CHARACTERS ? `${problem.slice(0, MOST_CHARACTERS)}…` : problem;
    if (this.#listed.at(-1) === sentence) return;
    if (this.#listed.length < MOST_PROBLEMS) this.#listed.push(sentence);
    else this.#more += 1;
  }

  /** About what is being looked at. */
  addHere(problem: string): void {
    this.add(problem + this.#place());
  }

  list(): readonly string[] {
    return this.#more === 0 ? this.#listed : [...this.#listed, `${this.#more} more problems`];
  }
}
