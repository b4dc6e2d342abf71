import { expect, test } from "vitest";
import { NO_HISTORY } from "../../src/exo/call.ts";
import type { Call } from "../../src/exo/call.ts";
import { Line } from "../../src/exo/line.ts";
import type { LineKind } from "../../src/exo/line.ts";

function call(cmdlet: string, company = Number.MAX_SAFE_INTEGER): Call {
  return {
    cmdlet,
    input: { CmdletInput: { CmdletName: cmdlet, Parameters: {} } },
    effect: "read",
    target: { kind: "invoke" },
    select: [],
    anchor: { kind: "tenant" },
    lane: "sweep",
    run: undefined,
    signal: undefined,
    alone: undefined,
    single: false,
    slow: false,
    history: { ...NO_HISTORY, company },
    resolve: () => {},
    reject: () => {},
  };
}

function lineOf(kind: LineKind, fresh: readonly Call[], returned: readonly Call[] = []): Line {
  const line = new Line("sweep", kind);
  for (const one of fresh) line.add(one, false, 5);
  for (const one of returned) line.add(one, true, 7);
  return line;
}

const namesOf = (calls: readonly Call[]): string[] => calls.map(({ cmdlet }) => cmdlet);

test("calls leave in the order they came, those that come back first", () => {
  const line = lineOf("read", [call("a"), call("b"), call("c")], [call("x"), call("y")]);
  expect(namesOf(line.take(3))).toEqual(["x", "y", "a"]);
  expect(namesOf(line.takeAll())).toEqual(["b", "c"]);
  expect(line.size).toBe(0);
});

test("a call that wants little company keeps its batch small, wherever it stands", () => {
  const first = lineOf("read", [call("a"), call("b"), call("c")], [call("x", 2)]);
  expect(namesOf(first.take(10))).toEqual(["x", "a"]);
  const last = lineOf("read", [call("a"), call("b"), call("x", 2), call("c")]);
  expect(namesOf(last.take(10))).toEqual(["a", "b"]);
  expect(namesOf(last.take(10))).toEqual(["x", "c"]);
});

test("a line of single calls gives one at a time", () => {
  expect(namesOf(lineOf("single", [call("a"), call("b")]).take(10))).toEqual(["a"]);
});

test("a call leaves from the middle once", () => {
  const middle = call("b");
  const line = lineOf("read", [call("a"), middle, call("c")]);
  expect([line.remove(middle), line.remove(middle)]).toEqual([true, false]);
  expect(namesOf(line.takeAll())).toEqual(["a", "c"]);
});

test("a line has waited since the call came that leaves next", () => {
  expect(lineOf("read", [call("a")]).waitingSinceMs).toBe(5);
  expect(lineOf("read", [call("a")], [call("x")]).waitingSinceMs).toBe(7);
});
