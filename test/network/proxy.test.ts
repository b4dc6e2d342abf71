import { createServer } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { readFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { NetworkError, createNetwork } from "../../src/network/index.ts";
import type { NetworkRequest } from "../../src/network/index.ts";
import { proxyFor } from "../../src/network/proxy.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const AUTHORITY = join(FIXTURES, "authority.pem");
const ASK: NetworkRequest = { method: "POST", headers: {}, body: "{}", timeoutMs: 2_000, maxBytes: 1_000 };

async function tlsServer(): Promise<number> {
  const [key, cert] = ["server.key", "server.pem"].map((file) => readFileSync(join(FIXTURES, file)));
  const server = createTlsServer({ key, cert }, (request, response) => {
    request.resume();
    response.end("over tls");
  });
  return listening(server);
}

/** A proxy that tunnels to 127.0.0.1 whatever name it is asked for, or refuses. */
async function proxy(status = 200): Promise<{ port: number; asked: string[]; headers: unknown[] }> {
  const asked: string[] = [];
  const headers: unknown[] = [];
  const server = createServer();
  server.on("connect", (request, socket: Socket) => {
    asked.push(request.url ?? "");
    headers.push(request.headers["proxy-authorization"]);
    if (status !== 200) return void socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const onward = connect(Number(request.url?.split(":")[1]), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) end.on("error", () => end.destroy());
  });
  return { port: await listening(server), asked, headers };
}

async function listening(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function network(environment: Record<string, string>, certificateAuthorities?: string) {
  const made = createNetwork({ connections: 4, environment, certificateAuthorities });
  onTestFinished(() => made.close());
  return made;
}

async function failureOf(asking: Promise<unknown>): Promise<NetworkError> {
  const error: unknown = await asking.then(
    () => new Error("it went well"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof NetworkError)) throw error;
  return error;
}

test("a certificate of an authority nobody knows is refused before anything is sent", async () => {
  const port = await tlsServer();
  const failure = await failureOf(network({}).request(new URL(`https://localhost:${port}/`), ASK));
  expect(failure).toMatchObject({ kind: "certificate", sent: false });
  expect(failure.message).toContain("certificateAuthorities");
});

test("a private authority from a file is trusted", async () => {
  const port = await tlsServer();
  const reply = await network({}, AUTHORITY).request(new URL(`https://localhost:${port}/`), ASK);
  expect(reply.body.toString()).toBe("over tls");
});

test("a file of authorities that is missing or holds none is refused with its name", () => {
  const made = (file: string) => () =>
    createNetwork({ connections: 1, environment: {}, certificateAuthorities: file });
  expect(made("/no/such/file.pem")).toThrow(
    'Cannot read the certificate authorities in "/no/such/file.pem": ENOENT',
  );
  expect(made(join(FIXTURES, "server.key"))).toThrow("expected certificates in PEM form");
});

test("https goes through the proxy, with its user and password, and the private authority holds there too", async () => {
  const port = await tlsServer();
  const middle = await proxy();
  // `localhost.` is not taken for this machine by name, and the proxy leads it here.
  const environment = { HTTPS_PROXY: `http://user:p%40ss@127.0.0.1:${middle.port}` };
  const reply = await network(environment, AUTHORITY).request(new URL(`https://localhost.:${port}/`), ASK);
  expect(reply.body.toString()).toBe("over tls");
  expect(middle.asked).toEqual([`localhost.:${port}`]);
  expect(middle.headers).toEqual([`Basic ${Buffer.from("user:p@ss").toString("base64")}`]);
});

test("a proxy that wants a password is named as such, and nothing was sent", async () => {
  const middle = await proxy(407);
  const environment = { https_proxy: `http://127.0.0.1:${middle.port}` };
  const failure = await failureOf(network(environment).request(new URL("https://outlook.example/"), ASK));
  expect(failure).toMatchObject({ kind: "proxy", sent: false, code: "PROXY_407" });
  expect(failure.message).toBe(
    "Cannot reach outlook.example: the proxy wants a user name and a password (407): put them into HTTPS_PROXY",
  );
});

test("a proxy that refuses otherwise, or is not there, sends nothing either", async () => {
  const middle = await proxy(403);
  const refusing = { HTTPS_PROXY: `http://127.0.0.1:${middle.port}` };
  const url = new URL("https://outlook.example/");
  expect(await failureOf(network(refusing).request(url, ASK))).toMatchObject({
    kind: "proxy",
    code: "PROXY_403",
  });
  const absent = { HTTPS_PROXY: "http://127.0.0.1:1" };
  expect(await failureOf(network(absent).request(url, ASK))).toMatchObject({ kind: "not-sent", sent: false });
});

test.each([
  ["https://a.example/", {}, undefined],
  ["https://a.example/", { HTTPS_PROXY: "p" }, "p"],
  ["https://a.example/", { HTTPS_PROXY: "p", https_proxy: "q" }, "q"],
  ["http://a.example/", { HTTPS_PROXY: "p" }, undefined],
  ["http://a.example/", { HTTP_PROXY: "h" }, "h"],
  ["https://127.0.0.1/", { HTTPS_PROXY: "p" }, undefined],
  ["https://localhost:8443/", { HTTPS_PROXY: "p" }, undefined],
  ["https://[::1]/", { HTTPS_PROXY: "p" }, undefined],
  ["http://169.254.169.254/", { HTTP_PROXY: "p" }, undefined],
  ["https://a.example/", { HTTPS_PROXY: "p", NO_PROXY: "*" }, undefined],
  ["https://a.example/", { HTTPS_PROXY: "p", NO_PROXY: "b.example, a.example" }, undefined],
  ["https://x.a.example/", { HTTPS_PROXY: "p", NO_PROXY: "a.example" }, undefined],
  ["https://x.a.example/", { HTTPS_PROXY: "p", no_proxy: ".a.example" }, undefined],
  ["https://a.example/", { HTTPS_PROXY: "p", NO_PROXY: "*.a.example" }, "p"],
  ["https://x.a.example/", { HTTPS_PROXY: "p", NO_PROXY: "*.A.Example" }, undefined],
  ["https://notb.example/", { HTTPS_PROXY: "p", NO_PROXY: "b.example" }, "p"],
  ["https://a.example:8443/", { HTTPS_PROXY: "p", NO_PROXY: "a.example:443" }, "p"],
  ["https://a.example/", { HTTPS_PROXY: "p", NO_PROXY: "a.example:443" }, undefined],
  ["https://10.0.0.1/", { HTTPS_PROXY: "p", NO_PROXY: "10.0.0.1" }, undefined],
])("%s with %o goes through %s", (url, environment, expected) => {
  expect(proxyFor(new URL(url), environment)).toBe(expected);
});
