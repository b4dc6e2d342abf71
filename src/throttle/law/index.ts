/**
 * throttle/law: the control law of `throttle.md` 7 as pure functions over one plain state: time and chance are passed in, nothing is
 * imported, so that the same source decides in the simulator, in a process that lost Redis and, translated to Lua, inside Redis.
 * Promises never to answer "go" while the tenant's gate is closed, never to have more on the wire than the window it granted, and to
 * find its way out of any state within a bounded time. One state per tenant and app.
 */
export { acquire } from "./acquire.ts";
export { newState } from "./new-state.ts";
export { report } from "./report.ts";
export { close, giveBack, ownShare, renew, resume } from "./upkeep.ts";
export { view } from "./view.ts";
export type { LawState } from "./state.ts";
export type {
  Alone,
  Answer,
  Because,
  CallKind,
  Go,
  LawAsk,
  LawBalance,
  LawRate,
  LawResult,
  LawSettings,
  LawView,
  Reaction,
  Wait,
} from "./types.ts";
