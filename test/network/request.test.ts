import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { NetworkError, createNetwork } from "../../src/network/index.ts";
import type { Network, NetworkReply, NetworkRequest } from "../../src/network/index.ts";

const ASK: NetworkRequest = { method: "POST", headers: {}, body: "{}", timeoutMs: 2_000, maxBytes: 1_000 };

/** A TCP server that answers each request with what `answer` says. */
async function rawServer(answer: (socket: Socket, count: number) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (!text.endsWith("\r\n\r\n{}")) return;
      text = "";
      answer(socket, (count += 1));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/path?a=1`);
}

function network(): Network {
  const made = createNetwork({ connections: 4, environment: {} });
  onTestFinished(() => made.close());
  return made;
}

const reply = (head: string, body = ""): string =>
  `HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

async function failureOf(asking: Promise<NetworkReply>): Promise<NetworkError> {
  const error: unknown = await asking.then(
    () => new Error("it went well"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof NetworkError)) throw error;
  return error;
}

test("status, headers in lower case, cookies and bytes come back as they are", async () => {
  const url = await rawServer((socket) =>
    socket.write(reply("200 OK\r\nX-Thing: 1\r\nSet-Cookie: a=b; Path=/\r\nSet-Cookie: c=d", "hello")),
  );
  const answer = await network().request(url, ASK);
  expect(answer.status).toBe(200);
  expect(answer.headers["x-thing"]).toBe("1");
  expect(answer.cookies).toEqual(["a=b; Path=/", "c=d"]);
  expect(answer.body.toString()).toBe("hello");
});

test("connections are kept: ten requests in a row do not open ten", async () => {
  const seen = new Set<Socket>();
  const url = await rawServer((socket) => {
    seen.add(socket);
    socket.write(reply("200 OK", "x"));
  });
  const one = network();
  for (let times = 0; times < 10; times += 1) await one.request(url, ASK);
  expect(seen.size).toBeLessThanOrEqual(2);
});

test("a redirect is an answer, not an errand", async () => {
  let requests = 0;
  const url = await rawServer((socket) => {
    requests += 1;
    socket.write(reply("302 Found\r\nLocation: http://127.0.0.1:1/elsewhere"));
  });
  expect((await network().request(url, ASK)).status).toBe(302);
  expect(requests).toBe(1);
});

test("nobody listening means the request was not sent", async () => {
  const failure = await failureOf(network().request(new URL("http://127.0.0.1:1/"), ASK));
  expect(failure).toMatchObject({ kind: "not-sent", sent: false, code: "ECONNREFUSED" });
  expect(failure.message).toBe("Cannot reach 127.0.0.1:1: the connection was refused");
});

test("an unknown name means the request was not sent", async () => {
  const failure = await failureOf(network().request(new URL("http://no-such-host.invalid/"), ASK));
  expect(failure).toMatchObject({ kind: "not-sent", sent: false });
});

test("a connection that breaks after the request is lost, with the request perhaps executed", async () => {
  const url = await rawServer((socket) => socket.destroy());
  expect(await failureOf(network().request(url, ASK))).toMatchObject({ kind: "lost", sent: true });
});

test("a body that is cut off is lost", async () => {
  const url = await rawServer((socket) => {
    socket.end("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  expect(await failureOf(network().request(url, ASK))).toMatchObject({ kind: "lost", sent: true });
});

test("silence ends with the timeout, and so does a body that trickles", async () => {
  const silent = await rawServer(() => {});
  const silence = await failureOf(network().request(silent, { ...ASK, timeoutMs: 100 }));
  expect(silence).toMatchObject({ kind: "timeout", sent: true });
  const trickling = await rawServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    const drip = setInterval(() => socket.write("1\r\nx\r\n"), 10);
    socket.on("close", () => clearInterval(drip));
  });
  const trickle = await failureOf(network().request(trickling, { ...ASK, timeoutMs: 150 }));
  expect(trickle).toMatchObject({ kind: "timeout", sent: true });
});

test("a body beyond the bound is given up, announced or not", async () => {
  const announced = await rawServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
  });
  expect(await failureOf(network().request(announced, ASK))).toMatchObject({ kind: "too-large" });
  const chunked = await rawServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (let chunk = 0; chunk < 20; chunk += 1) socket.write(`64\r\n${"x".repeat(100)}\r\n`);
  });
  expect(await failureOf(network().request(chunked, ASK))).toMatchObject({ kind: "too-large" });
});

test("the signal ends a request that is on the wire, and one that never left", async () => {
  const url = await rawServer(() => controller.abort());
  const controller = new AbortController();
  const withdrawn = network().request(url, { ...ASK, signal: controller.signal });
  expect(await failureOf(withdrawn)).toMatchObject({ kind: "aborted", sent: true });
  const never = network().request(url, { ...ASK, signal: AbortSignal.abort() });
  expect(await failureOf(never)).toMatchObject({ kind: "aborted", sent: false });
});

test("requests beyond the connections wait their turn; one that times out there was not sent", async () => {
  const url = await rawServer(() => {});
  const one = createNetwork({ connections: 1, environment: {} });
  const first = one.request(url, { ...ASK, timeoutMs: 300 });
  const second = one.request(url, { ...ASK, timeoutMs: 100 });
  expect(await failureOf(second)).toMatchObject({ kind: "not-sent", sent: false, code: "TIMEOUT" });
  expect(await failureOf(first)).toMatchObject({ kind: "timeout", sent: true });
  await one.close();
});

test("a request whose turn comes after its moment is not sent, and the connection goes on", async () => {
  let requests = 0;
  const url = await rawServer((socket) => {
    requests += 1;
    setTimeout(() => socket.write(reply("200 OK", "x")), 60);
  });
  const one = createNetwork({ connections: 1, environment: {} });
  onTestFinished(() => one.close());
  const first = one.request(url, ASK);
  const late = failureOf(one.request(url, { ...ASK, leaveByMs: performance.now() + 20 }));
  const inTime = one.request(url, { ...ASK, leaveByMs: performance.now() + 1_500 });
  expect((await first).status).toBe(200);
  expect(await late).toMatchObject({ kind: "not-sent", sent: false, code: "TOO_LATE" });
  expect((await inTime).status).toBe(200);
  expect(requests).toBe(2);
});

test("what is to be done between headers and body is done there", async () => {
  const order: string[] = [];
  const url = await rawServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    setTimeout(() => socket.write("body"), 20);
  });
  const beforeBody = async (): Promise<void> => {
    order.push("before");
    await new Promise((done) => setTimeout(done, 60));
    order.push("done");
  };
  const answer = await network().request(url, { ...ASK, beforeBody });
  order.push(answer.body.toString());
  expect(order).toEqual(["before", "done", "body"]);
});

test("a body that is there already stays unread until then, and a failure there ends the request as it is", async () => {
  const url = await rawServer((socket) => socket.write(reply("200 OK", "here")));
  const whole = await network().request(url, {
    ...ASK,
    beforeBody: () => new Promise((done) => setTimeout(done, 30)),
  });
  expect(whole.body.toString()).toBe("here");
  const trouble = new Error("the disk is full");
  const failing = network().request(url, { ...ASK, beforeBody: () => Promise.reject(trouble) });
  await expect(failing).rejects.toBe(trouble);
});
