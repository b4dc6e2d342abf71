import { DatabaseError } from "pg";
import { expect, test } from "vitest";
import { Fault, explain, isPassing } from "../../../src/journal/postgres/faults.ts";

/** As the server reports it. */
function reported(code: string): Error {
  return Object.assign(new DatabaseError("words of the server", 0, "error"), { code });
}

/** As the network or the driver does. */
function thrown(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

test.each([
  [reported("53100"), "the server's disk is full", false],
  [reported("53300"), "the server has no connection left", true],
  [reported("55P03"), "another process holds what is to be written", false],
  [reported("40P01"), "another process holds what is to be written", true],
  [reported("57P01"), "the server is stopping, starting or gone for a moment", true],
  [reported("57P03"), "the server is stopping, starting or gone for a moment", true],
  [reported("25P03"), "the server is stopping, starting or gone for a moment", true],
  [reported("25006"), "the server can be read but not written", false],
  [reported("58030"), "the server's disk reports an error", false],
  [reported("XX001"), "the server reports damaged data", false],
  [reported("42P01"), 'the server reports 42P01, "words of the server"', false],
  [thrown("read ECONNRESET", "ECONNRESET"), "the server is stopping, starting or gone for a moment", true],
  [
    thrown("Connection terminated unexpectedly"),
    "the server is stopping, starting or gone for a moment",
    true,
  ],
  [
    new AggregateError([thrown("connect", "ECONNREFUSED"), thrown("connect", "ECONNREFUSED")]),
    "the server cannot be reached",
    true,
  ],
  [thrown("Query read timeout"), "the server does not answer", true],
  [thrown("timeout exceeded when trying to connect"), "all connections of this process are at work", true],
  [
    thrown("Hostname/IP does not match certificate's altnames", "ERR_TLS_CERT_ALTNAME_INVALID"),
    "the server's certificate is not trusted",
    false,
  ],
  [
    thrown("self-signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"),
    "the server's certificate is not trusted",
    false,
  ],
])("%s is told as a fact, with what to do", (cause, fact, passes) => {
  const fault = new Fault(cause, false);
  expect(explain(fault, "write", "postgres://h:1/d")).toMatchObject({
    name: "JournalError",
    message: `Cannot write the journal postgres://h:1/d: ${fact}`,
    advice: expect.stringMatching(/\w/),
    cause,
  });
  expect(isPassing(fault)).toBe(passes);
});

test("what happens while a transaction is committed is doubtful, and never repeated unasked", () => {
  const fault = new Fault(thrown("Connection terminated unexpectedly"), true);
  expect(isPassing(fault)).toBe(false);
  expect(explain(fault, "write", "postgres://h:1/d")).toMatchObject({
    message: expect.stringMatching(/^Cannot tell whether the journal .* has what was written: /),
    advice: expect.stringMatching(/asked for again is recorded once$/),
  });
});

test("a mistake of our own stays what it is", () => {
  const mistake = new TypeError("x is undefined");
  expect(explain(mistake, "write", "postgres://h:1/d")).toBe(mistake);
  expect(isPassing(mistake)).toBe(false);
});
