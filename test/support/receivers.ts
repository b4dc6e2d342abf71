/** The other sides of messages, as real servers: an HTTP receiver that verifies signatures, and an SMTP server with TLS and XOAUTH2. */
import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";

const FIXTURES = resolve(import.meta.dirname, "../network/fixtures");
export const AUTHORITY = join(FIXTURES, "authority.pem");
const [key, cert] = ["server.key", "server.pem"].map((file) => readFileSync(join(FIXTURES, file)));

/** A secret as Standard Webhooks has them. */
export const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** Resolves when there are so many. */
  got(count: number): Promise<readonly Received[]>;
}

/** @param answer what is said to the nth request, from 1; `hang`: nothing, ever */
export async function receiver(answer: (count: number) => Said | "hang" = () => ({})): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      received.push({ path: request.url ?? "", headers: request.headers, body });
      const said = answer(received.length);
      if (said === "hang") return;
      response.writeHead(said.status ?? 202, { ...said.headers });
      response.end(said.body ?? "");
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    async got(count) {
      while (received.length < count) await sleep(5);
      return received;
    },
  };
}

/** What was signed with `SECRET`. @throws when it was not, or when it was changed */
export function verified({ headers, body }: Received): { readonly id: string; readonly data: unknown } {
  const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return { id: flat["webhook-id"] ?? "", data: new Webhook(SECRET).verify(body, flat) };
}

export interface Mailed {
  readonly user: string;
  readonly token: string;
  readonly tls: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

export interface MailServer {
  readonly port: number;
  readonly mails: Mailed[];
}

/** @param options in place of its own: STARTTLS, XOAUTH2 with any token */
export async function mailServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const mails: Mailed[] = [];
  const server = new SMTPServer({
    key,
    cert,
    authMethods: ["XOAUTH2"],
    disableReverseLookup: true,
    logger: false,
    onAuth({ username = "", accessToken = "" }, _, answer) {
      answer(null, { user: { username, accessToken } });
    },
    onData(stream, session, done) {
      let text = "";
      stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      stream.on("end", () => {
        const { username, accessToken } = session.user as { username: string; accessToken: string };
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          user: username,
          token: accessToken,
          tls: session.tlsOptions === false ? "" : session.tlsOptions.version,
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text,
        });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => undefined); // A client that leaves in the middle.
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => new Promise<void>((done) => server.close(() => done())));
  return { port: (server.server.address() as AddressInfo).port, mails };
}
