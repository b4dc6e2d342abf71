import { expect, test } from "vitest";
import { NO_HISTORY } from "../../src/exo/call.ts";
import type { Call, History } from "../../src/exo/call.ts";
import { Line } from "../../src/exo/line.ts";

function call(cmdlet: string, company = Number.MAX_SAFE_INTEGER, history: Partial<History> = {}): Call {
  return {
    cmdlet,
    input: { CmdletInput: { CmdletName: cmdlet, Parameters: {} } },
    effect: "read",
    resource: undefined,
    target: { kind: "invoke" },
    select: [],
    anchor: { kind: "tenant" },
    lane: "mailbox",
    run: undefined,
    signal: undefined,
    alone: undefined,
    beforeSend: undefined,
    single: false,
    slow: false,
    history: { ...NO_HISTORY, company, ...history },
    resolve: () => {},
    reject: () => {},
  };
}

function lineOf(fresh: readonly Call[], returned: readonly Call[] = [], single = false): Line {
  const line = new Line("mailbox", { kind: "read", single });
  for (const one of fresh) line.add(one, false, 5);
  for (const one of returned) line.add(one, true, 7);
  return line;
}

const namesOf = (calls: readonly Call[]): string[] => calls.map(({ cmdlet }) => cmdlet);

test("calls leave in the order they came, those that come back first", () => {
  const line = lineOf([call("a"), call("b"), call("c")], [call("x"), call("y")]);
  expect(namesOf(line.take(3))).toEqual(["x", "y", "a"]);
  expect(namesOf(line.takeAll())).toEqual(["b", "c"]);
  expect(line.size).toBe(0);
});

test("a call that wants little company keeps its batch small, wherever it stands", () => {
  const first = lineOf([call("a"), call("b"), call("c")], [call("x", 2)]);
  expect(namesOf(first.take(10))).toEqual(["x", "a"]);
  const last = lineOf([call("a"), call("b"), call("x", 2), call("c")]);
  expect(namesOf(last.take(10))).toEqual(["a", "b"]);
  expect(namesOf(last.take(10))).toEqual(["x", "c"]);
});

test("a line of single calls gives one at a time", () => {
  expect(namesOf(lineOf([call("a"), call("b")], [], true).take(10))).toEqual(["a"]);
});

test("scouts are calls that were never refused, then others, but none in trouble of their own", () => {
  const refused = call("refused", 20, { throttles: 1 });
  const busy = call("busy", 20, { throttles: 2, busy: 1 });
  const line = lineOf([call("a"), call("b")], [busy, refused]);
  expect(namesOf(line.takeScouts(1))).toEqual(["a"]);
  expect(namesOf(line.takeScouts(5))).toEqual(["b"]);
  expect(namesOf(line.takeScouts(5))).toEqual(["refused"]);
  expect(namesOf(line.takeScouts(5))).toEqual([]);
  expect(namesOf(line.take(5))).toEqual(["busy"]);
});

test("a call leaves from the middle once", () => {
  const middle = call("b");
  const line = lineOf([call("a"), middle, call("c")]);
  expect([line.remove(middle), line.remove(middle)]).toEqual([true, false]);
  expect(namesOf(line.takeAll())).toEqual(["a", "c"]);
});

test("a line has waited since the call came that leaves next", () => {
  expect(lineOf([call("a")]).waitingSinceMs).toBe(5);
  expect(lineOf([call("a")], [call("x")]).waitingSinceMs).toBe(7);
});
