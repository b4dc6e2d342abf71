import { describe, expect, test } from "vitest";
import { JournalError } from "../../../src/journal/index.ts";
import { parseAddress } from "../../../src/journal/postgres/address.ts";
import { passwordIn } from "../../../src/journal/postgres/password.ts";

test.each([
  ["postgres://ada@db.example/sweeps", { host: "db.example", port: 5_432, user: "ada", database: "sweeps" }],
  ["postgresql://db.example:6432/sweeps", { port: 6_432, user: undefined, password: undefined }],
  ["postgres://ada:p%40ss@db.example/sweeps", { user: "ada", password: "p@ss" }],
  ["postgres://db.example/sweeps", { schema: "exosweep", tls: true }],
  ["postgres://db.example/sweeps?schema=nightly_2", { schema: "nightly_2" }],
  ["postgres://db.example/sweeps?sslmode=require", { tls: true }],
  ["postgres://127.0.0.1/sweeps?sslmode=verify-full", { tls: true }],
  ["postgres://127.0.0.1/sweeps", { tls: false }],
  ["postgres://localhost/sweeps", { tls: false }],
  ["postgres://[::1]/sweeps", { host: "::1", tls: false, name: "postgres://[::1]:5432/sweeps" }],
  ["postgres://%2Frun%2Fpostgresql/sweeps", { host: "/run/postgresql", tls: false }],
  ["postgres:///sweeps?host=/run/postgresql&user=ada", { host: "/run/postgresql", user: "ada", tls: false }],
  ["postgres://trusted.example/sweeps", { tls: false }],
  ["postgres://trusted.example/sweeps?sslmode=disable", { tls: false }],
  ["postgres://trusted.example/sweeps?sslmode=require", { tls: true }],
])("%s is taken apart", (url, expected) => {
  expect(parseAddress(url, ["trusted.example"])).toMatchObject(expected);
});

test.each([
  ["no URL", "db.example/hunter2", /it is none/],
  ["another kind of server", "mysql://db.example/hunter2", /it is none/],
  ["no host", "postgres:///hunter2", /names no host/],
  ["no database", "postgres://u:hunter2@db.example", /names no database/],
  ["a schema that needs quotes", 'postgres://db.example/x?schema="a";hunter2', /a schema is named by/],
  ["a parameter it does not know", "postgres://db.example/x?ssl=hunter2", /"ssl" is not among/],
  ["a way that may go without TLS", "postgres://u:hunter2@db.example/x?sslmode=prefer", /sslmode=prefer/],
  ["a way without TLS", "postgres://u:hunter2@db.example/x?sslmode=disable", /network without TLS/],
  ["half a character", "postgres://u:hunter2%@db.example/x", /percent sign/],
])("%s is refused, and nothing secret is repeated", (_, url, fact) => {
  const parse = (): unknown => parseAddress(url, []);
  expect(parse).toThrow(JournalError);
  expect(parse).toThrow(fact);
  expect(parse).not.toThrow(/hunter2/);
});

test("what people call it has neither user nor password", () => {
  const { name } = parseAddress("postgres://ada:hunter2@db.example/sweeps?schema=x", []);
  expect(name).toBe("postgres://db.example:5432/sweeps");
});

describe("of a password file", () => {
  const address = parseAddress("postgres://db.example/sweeps", []);

  test.each([
    ["the line of this server and user", "db.example:5432:sweeps:ada:right"],
    ["a line for all", "*:*:*:*:right"],
    [
      "the first that fits",
      "other:*:*:*:wrong\ndb.example:5432:sweeps:bob:wrong\n*:*:sweeps:ada:right\n*:*:*:*:wrong",
    ],
    ["not a comment", "#*:*:*:*:wrong\r\n*:*:*:*:right\r\n"],
  ])("%s counts", (_, text) => {
    expect(passwordIn(text, address, "ada")).toBe("right");
  });

  test("colons and backslashes are written with a backslash", () => {
    expect(passwordIn("*:*:*:*:a\\:b\\\\c", address, "ada")).toBe("a:b\\c");
  });

  test.each(["", "nonsense", "db.example:5432:sweeps:bob:x", "db.example:5432:sweeps:ada"])(
    "%j holds none",
    (text) => {
      expect(passwordIn(text, address, "ada")).toBeUndefined();
    },
  );

  test("a unix socket is called localhost in it", () => {
    const socket = parseAddress("postgres://%2Frun%2Fpostgresql/sweeps", []);
    expect(passwordIn("localhost:*:*:*:right", socket, "ada")).toBe("right");
  });
});
