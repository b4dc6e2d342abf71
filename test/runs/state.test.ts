import { expect, test } from "vitest";
import { RUN_STATES } from "../../src/journal/index.ts";
import { isOver, isWorking, sourcesOf } from "../../src/runs/state.ts";

test("every state but the cancelled one can be left, so no run is ever stuck", () => {
  const stuck = RUN_STATES.filter((from) => !RUN_STATES.some((to) => sourcesOf(to).includes(from)));
  expect(stuck).toEqual(["cancelled"]);
});

test("a run can be paused and cancelled from every state in which calls leave", () => {
  const working = RUN_STATES.filter(isWorking);
  expect(working).toEqual(["enumerating", "running", "throttled"]);
  expect(working.filter((state) => !sourcesOf("paused").includes(state))).toEqual([]);
  expect(working.filter((state) => !sourcesOf("cancelled").includes(state))).toEqual([]);
});

test("a complete run goes on only by a redrive, a cancelled one never", () => {
  expect(RUN_STATES.filter(isOver)).toEqual(["complete", "complete_with_failures", "cancelled"]);
  expect(sourcesOf("running")).toEqual(expect.arrayContaining(["complete", "complete_with_failures"]));
  expect(RUN_STATES.filter((to) => sourcesOf(to).includes("complete"))).toEqual(["running"]);
});
