/** One request on one dispatcher: its deadline, its size limit, and the knowledge of whether it had begun to leave. */
import type { Dispatcher } from "undici";
import { failureOf } from "./failure.ts";
import { NetworkError } from "./network.ts";
import type { NetworkFailure, NetworkReply, NetworkRequest } from "./network.ts";

export function sendOne(dispatcher: Dispatcher, url: URL, request: NetworkRequest): Promise<NetworkReply> {
  const { leaveByMs = Number.POSITIVE_INFINITY } = request;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;
    let status = 0;
    let headers: Record<string, string> = {};
    let cookies: readonly string[] = [];
    const chunks: Buffer[] = [];
    let bytes = 0;

    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      request.signal?.removeEventListener("abort", onAbort);
      end();
    };
    const fail = (error: unknown): void =>
      settle(() => {
        reject(error);
        controller?.abort(new Error("request given up"));
      });
    const failAs = (kind: NetworkFailure, code: string, cause: string): void => {
      const sent = controller !== undefined;
      fail(new NetworkError(url.host, kind === "timeout" && !sent ? "not-sent" : kind, sent, code, cause));
    };
    const onAbort = (): void => failAs("aborted", "ABORTED", "the request was withdrawn");
    const deadline = setTimeout(
      () => failAs("timeout", "TIMEOUT", `no complete answer within ${request.timeoutMs} ms`),
      request.timeoutMs,
    );

    if (request.signal?.aborted === true) return onAbort();
    request.signal?.addEventListener("abort", onAbort, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      // undici calls this right before it writes the first byte on a connection that stands.
      onRequestStart(begun) {
        if (!settled && performance.now() > leaveByMs)
          failAs("not-sent", "TOO_LATE", "the connection was not ready in time");
        if (settled) begun.abort(new Error("request given up"));
        else controller = begun;
      },
      onResponseStart(begun, statusCode, incoming) {
        status = statusCode;
        headers = flatten(incoming);
        cookies = [incoming["set-cookie"] ?? []].flat();
        if (Number(headers["content-length"]) > request.maxBytes) return tooLarge();
        if (request.beforeBody === undefined) return;
        begun.pause();
        request.beforeBody().then(() => begun.resume(), fail);
      },
      onResponseData(_, chunk) {
        bytes += chunk.length;
        if (bytes > request.maxBytes) return tooLarge();
        chunks.push(chunk);
      },
      onResponseEnd() {
        settle(() => resolve({ status, headers, cookies, body: Buffer.concat(chunks, bytes) }));
      },
      onResponseError(_, error) {
        fail(failureOf(url.host, error, controller !== undefined));
      },
    };
    const tooLarge = (): void =>
      failAs("too-large", "TOO_LARGE", `its answer is larger than ${request.maxBytes} bytes`);

    try {
      dispatcher.dispatch(
        {
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        handler,
      );
    } catch (error) {
      fail(failureOf(url.host, error, false));
    }
  });
}

function flatten(incoming: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(incoming)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return flat;
}
