/** Where a message may not go: private networks, however their addresses are written, and names that lead there. */
import { expect, onTestFinished, test } from "vitest";
import { createNetwork, NetworkError } from "../../src/network/index.ts";
import { allowedAddress } from "../../src/notify/sinks/addresses.ts";
import { receiver } from "../support/receivers.ts";

const PRIVATE = [
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "10.255.255.255",
  "100.64.0.1",
  "127.0.0.1",
  "127.255.0.9",
  "169.254.169.254",
  "169.254.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.0.1",
  "192.0.0.8",
  "198.18.0.1",
  "224.0.0.1",
  "239.255.255.250",
  "240.0.0.1",
  "255.255.255.255",
  "168.63.129.16",
  "::",
  "::1",
  "fc00::1",
  "fd12:3456::1",
  "fd00:ec2::254",
  "fe80::1",
  "fec0::1",
  "ff02::1",
  "::ffff:127.0.0.1",
  "::ffff:10.0.0.1",
  "::ffff:169.254.169.254",
  "::ffff:7f00:1",
  "64:ff9b::7f00:1",
  "64:ff9b:1::1",
  "2002:7f00:1::",
  "2001:0:1::1",
];
const PUBLIC = [
  "1.1.1.1",
  "52.112.0.1",
  "172.15.0.1",
  "172.32.0.1",
  "100.63.0.1",
  "2603:1030::1",
  "2a00:1450::1",
];

test("addresses of private networks are refused, and public ones are not", () => {
  const allowed = allowedAddress([]);
  expect(PRIVATE.filter((address) => allowed("hooks.example", address))).toEqual([]);
  expect(PUBLIC.filter((address) => !allowed("hooks.example", address))).toEqual([]);
  expect(allowed("hooks.example", "not an address")).toBe(false);
});

test("a host that is named may lie in a private network, but nowhere where clouds keep secrets", () => {
  const allowed = allowedAddress(["SIEM.corp.example"]);
  expect(allowed("siem.corp.example", "10.1.2.3")).toBe(true);
  expect(allowed("siem.corp.example.", "fd12::1")).toBe(true);
  expect(allowed("siem.corp.example", "169.254.169.254")).toBe(false);
  expect(allowed("siem.corp.example", "fe80::1")).toBe(false);
  expect(allowed("other.corp.example", "10.1.2.3")).toBe(false);
});

test("this machine is meant where it is written, not where a name leads to it", () => {
  const allowed = allowedAddress([]);
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) expect(allowed(host, "127.0.0.1")).toBe(true);
  for (const host of ["rebind.example", "localhost.example", "127.0.0.1.example"])
    expect(allowed(host, "127.0.0.1")).toBe(false);
});

/** Ways to write addresses, as URLs take them. */
function writings(port: number): readonly string[] {
  const hosts = [
    "2130706433",
    "0x7f000001",
    "017700000001",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0177.0.0.1",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "10.0.0.1",
    "0xa000001",
    "167772161",
    "012.0.0.1",
    "10.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "[::ffff:a9fe:a9fe]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "192.168.1.1",
    "0xc0a80101",
    "3232235777",
    "172.16.1",
    "0",
    "0.0.0.0",
    "[::]",
    "[fc00::1]",
    "[64:ff9b::a00:1]",
  ];
  return hosts.flatMap((host) =>
    ["", "/", "/x?y=1"].flatMap((path) =>
      ["http", "https"].map((scheme) => `${scheme}://${host}:${port}${path}`),
    ),
  );
}

test("no connection is made to any of them, however they are written", async () => {
  const there = await receiver();
  const { port } = new URL(there.url);
  // It listens on this machine, and this machine may be spoken to only by its own name.
  const refusing = (_: string, address: string): boolean => allowedAddress([])("hooks.example", address);
  const network = createNetwork({ connections: 2, environment: {}, allowedAddress: refusing });
  onTestFinished(() => network.close());
  const urls = [...writings(Number(port)), `http://localhost:${port}/`];
  expect(urls.length).toBeGreaterThan(160);
  for (const url of urls) {
    const asked = network.request(new URL(url), {
      method: "POST",
      headers: {},
      body: "{}",
      timeoutMs: 1_000,
      maxBytes: 10,
    });
    const error: unknown = await asked.then(
      () => "answered",
      (reason: unknown) => reason,
    );
    const said = error instanceof NetworkError ? error.message : String(error);
    expect({ url, said }).toEqual({ url, said: expect.stringContaining("may not be connected to") });
  }
  expect(there.received).toHaveLength(0);
});
