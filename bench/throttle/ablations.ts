/** The law without one of its parts, to see what each is worth. A part is taken out from outside: by its settings, or by hiding what it lives on. */
import type { LawResult, LawSettings, LawState } from "../../src/throttle/law/index.ts";
import { NORMAL, governor } from "./policies/governor.ts";
import type { MakePolicy } from "./policy.ts";

const hide = (change: (result: LawResult) => LawResult): MakePolicy =>
  governor(true, NORMAL, { result: change });
const steer = (change: (state: LawState) => void): MakePolicy => governor(true, NORMAL, { state: change });
const set = (change: Partial<LawSettings>): MakePolicy => governor(true, { ...NORMAL, ...change });

export const ABLATIONS: Readonly<Record<string, () => MakePolicy>> = {
  governor: () => governor(true),
  "without the tenant's gate": () =>
    steer((state) => {
      state.gate.untilAt = 0;
      state.gate.half = 0;
    }),
  "without the first call alone at an opening": () =>
    steer((state) => {
      if (state.gate.half > 0 && state.t >= state.gate.untilAt) state.gate.half = 0;
    }),
  "without own trouble": () =>
    hide((result) => ({ ...result, whole: result.whole || result.refused > 0, passedBy: 0, knownBusy: 0 })),
  "without scouts": () =>
    steer((state) => {
      state.window.ok = Math.max(state.window.ok, Math.floor(state.window.w) - 1);
    }),
  "without probing upward": () => set({ probeShare: 0 }),
  "without marks": () =>
    steer((state) => {
      state.marks.wanted = false;
      state.marks.w = 0;
    }),
  "without headers": () =>
    hide((result) => {
      const { rate: _rate, ...rest } = result;
      return rest;
    }),
  "without the balance text": () =>
    hide((result) => {
      const { balance: _balance, ...rest } = result;
      return rest;
    }),
  "without a learned pace": () =>
    steer((state) => {
      state.paces.read.rate = 0;
    }),
  "without the beat of windows": () =>
    steer((state) => {
      state.beat.known = 0;
    }),
  "batches of 10 always": () => set({ maxCalls: 10 }),
  "without shared state": () => governor(false),
};
