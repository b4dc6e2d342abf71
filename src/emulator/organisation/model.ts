/** The organisation as cmdlets see it: a directory to look things up in, and the state of each object. */
import type { Directory } from "./directory.ts";
import type { Overlay } from "./overlay.ts";
import type { Plan } from "./plan.ts";

export interface Model {
  readonly plan: Plan;
  readonly directory: Directory;
  readonly overlay: Overlay;
}
