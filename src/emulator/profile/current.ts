/** The profile in force: changes itself at its times, and when somebody says so. */
import type { Clock } from "../clock.ts";
import type { Profile } from "./profile.ts";
import { patchProfile } from "./read.ts";

export class CurrentProfile {
  readonly #clock: Clock;
  #profile: Profile;
  #setAtMs: number;
  #changesDone = 0;

  constructor(profile: Profile, clock: Clock) {
    this.#clock = clock;
    this.#profile = profile;
    this.#setAtMs = clock.now();
    clock.setScale(profile.timeScale);
  }

  /** The profile as it is now. */
  get(): Profile {
    const { changes } = this.#profile;
    while (this.#changesDone < changes.length) {
      const change = changes[this.#changesDone];
      if (!change || this.sinceSetMs() < change.at * 1000) break;
      this.#changesDone += 1;
      this.#profile = { ...patchProfile(this.#profile, change.set), changes };
      this.#clock.setScale(this.#profile.timeScale);
    }
    return this.#profile;
  }

  /** Model milliseconds since somebody set it. */
  sinceSetMs(): number {
    return this.#clock.now() - this.#setAtMs;
  }

  /**
   * Lays a patch over the profile; its times count from now.
   * @throws {ProfileError}
   */
  set(patch: unknown): Profile {
    this.#profile = patchProfile(this.get(), patch);
    this.#setAtMs = this.#clock.now();
    this.#changesDone = 0;
    this.#clock.setScale(this.#profile.timeScale);
    return this.#profile;
  }
}
