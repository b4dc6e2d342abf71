/** An HTTP server whose every answer the test writes down, byte by byte where it wants to. Knows nothing of our client. */
import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** Body of one call, as it should be. */
export interface WireCall {
  readonly CmdletInput: {
    readonly CmdletName: string;
    readonly Parameters: Readonly<Record<string, unknown>>;
  };
}

export interface WireItem {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: WireCall;
}

export interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed body; empty when there was none. */
  readonly json: WireCall & { readonly requests: readonly WireItem[] };
}

export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is when text or bytes, else as JSON. */
  readonly body?: unknown;
  /** Waits before it answers. */
  readonly afterMs?: number;
  /** Waits between headers and body. */
  readonly bodyAfterMs?: number;
}

/** `reset`: the connection breaks; `cut`: it breaks in the middle of the body; `silence`: no answer at all. */
export type Saying = Said | "reset" | "cut" | "silence";

export interface WireServer {
  readonly origin: string;
  readonly asked: Asked[];
  /** Connections ever opened. */
  readonly connections: () => number;
  close(): Promise<void>;
}

export async function wireServer(
  answer: (asked: Asked, count: number) => Saying | Promise<Saying>,
): Promise<WireServer> {
  const asked: Asked[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const one: Asked = {
      method: request.method ?? "",
      url: request.url ?? "",
      headers: request.headers,
      text,
      json: JSON.parse(text.startsWith("{") ? text : "{}"),
    };
    asked.push(one);
    const said = await answer(one, asked.length);
    if (said === "silence") return;
    if (said === "reset") return void request.socket.destroy();
    if (said === "cut") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"value":[{"a":');
      setTimeout(() => request.socket.destroy(), 20);
      return;
    }
    if (said.afterMs !== undefined) await new Promise((done) => setTimeout(done, said.afterMs));
    const { body } = said;
    const bytes =
      body === undefined || typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const headers = Object.entries({ "content-type": "application/json", ...said.headers });
    response.writeHead(said.status ?? 200, Object.fromEntries(headers) as Record<string, string>);
    if (said.bodyAfterMs !== undefined) {
      response.flushHeaders();
      await new Promise((done) => setTimeout(done, said.bodyAfterMs));
    }
    response.end(bytes);
  };
  const server: Server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy());
  });
  server.on("connection", (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    asked,
    connections: () => connections,
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
}

const ANNOTATION = { "adminapi.warnings@odata.type": "#Collection(String)" };

/** A successful body as recorded (`exo-protocol.md` 5.1). */
export function envelope(value: unknown, more: Readonly<Record<string, unknown>> = {}): object {
  const context =
    "https://outlook.office365.com/adminapi/beta/t/$metadata#Collection(Exchange.GenericHashTable)";
  return { "@odata.context": context, ...ANNOTATION, "@adminapi.warnings": [], ...more, value };
}

/** Answers each item of a `$batch`, or the one call of a plain request, by `one`. */
export function itemwise(
  one: (call: {
    readonly cmdlet: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly batched: boolean;
  }) => Said,
): (asked: Asked) => Said {
  return ({ url, json, headers }) => {
    if (!url.includes("$batch")) {
      const { CmdletName: cmdlet, Parameters: parameters } = json.CmdletInput;
      return one({ cmdlet, parameters, headers, batched: false });
    }
    const responses = json.requests.map((item) => {
      const { CmdletName: cmdlet, Parameters: parameters } = item.body.CmdletInput;
      const said = one({ cmdlet, parameters, headers: item.headers, batched: true });
      return { id: item.id, status: said.status ?? 200, headers: said.headers ?? {}, body: said.body };
    });
    return { body: { responses } };
  };
}

/** Answers every call with what it asked for. */
export const echo = itemwise(({ parameters }) => ({ body: envelope([{ Asked: parameters["Identity"] }]) }));
