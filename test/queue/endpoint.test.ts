import { describe, expect, test } from "vitest";
import { endpointName, parseRedisUrl, refuseOpenEndpoint } from "../../src/queue/endpoint.ts";

describe("a Redis URL", () => {
  test.for<[string, object, string]>([
    ["redis://localhost", { host: "localhost", port: 6379, tls: false }, "redis://localhost:6379"],
    [
      "redis://127.0.0.1:7000/3",
      { host: "127.0.0.1", port: 7000, db: 3, tls: false },
      "redis://127.0.0.1:7000/3",
    ],
    ["redis://[::1]:7000", { host: "::1", port: 7000, tls: false }, "redis://[::1]:7000"],
    [
      "rediss://user:p%40ss%2Fword@cache.contoso.com:6380",
      { host: "cache.contoso.com", port: 6380, username: "user", password: "p@ss/word", tls: true },
      "rediss://cache.contoso.com:6380",
    ],
    ["rediss://:pw@h/0", { host: "h", port: 6379, password: "pw", db: 0, tls: true }, "rediss://h:6379"],
  ])("%s is read, and shown without its password", ([url, endpoint, name]) => {
    expect(parseRedisUrl(url)).toEqual(endpoint);
    expect(endpointName(parseRedisUrl(url))).toBe(name);
  });

  test.for(["", "localhost:6379", "http://localhost", "redis://", "redis://:pass word@"])(
    "%j is refused without being repeated",
    (url) => {
      expect(() => parseRedisUrl(url)).toThrow(/^Cannot use the Redis URL: expected redis:\/\/\[user/);
    },
  );

  test("a database that is no number is refused, and the password not shown", () => {
    expect(() => parseRedisUrl("redis://u:secret@h:1/x")).toThrow(
      'Cannot use the Redis URL of h:1: expected a number after the slash (the database), got "x"',
    );
  });
});

describe("a Redis that strangers could reach", () => {
  const refuse = (url: string, trusted: string[] = []): void =>
    refuseOpenEndpoint(parseRedisUrl(url), trusted);

  test.for([
    "redis://localhost",
    "redis://127.8.9.1:1",
    "redis://[::1]",
    "rediss://:pw@cache.contoso.com",
    "rediss://user:pw@10.0.0.1",
  ])("%s is accepted", (url) => {
    expect(() => refuse(url)).not.toThrow();
  });

  test.for<[string, string]>([
    ["redis://cache.contoso.com", "a password and TLS (rediss://)"],
    ["redis://:pw@10.0.0.1", "TLS (rediss://)"],
    ["rediss://10.0.0.1", "a password"],
    ["redis://127.0.0.1.contoso.com", "a password and TLS (rediss://)"],
    ["redis://localhost.contoso.com", "a password and TLS (rediss://)"],
    ["redis://0.0.0.0", "a password and TLS (rediss://)"],
  ])("%s is refused: it lacks %s", ([url, missing]) => {
    expect(() => refuse(url)).toThrow(`it is reached over the network without ${missing}`);
  });

  test("a host the operator vouches for needs neither", () => {
    expect(() => refuse("redis://redis:6379", ["redis"])).not.toThrow();
    expect(() => refuse("redis://other:6379", ["redis"])).toThrow("Cannot use Redis at redis://other:6379");
  });
});
