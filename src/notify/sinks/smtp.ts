/** Mail by SMTP: TLS 1.2 or later before anything is said, then the app's token (XOAUTH2). There is no way to hand over a password. */
import { getCACertificates } from "node:tls";
import type { TokenSource } from "../../tenants/index.ts";
import { mailOf } from "../words/mail.ts";
import { type Answer, type Sink, SinkError } from "./sink.ts";

export interface SmtpParts {
  /** The server of the tenant's cloud. */
  readonly server: { readonly host: string; readonly port: number };
  readonly tokens: TokenSource;
  /** PEM, to trust besides the usual ones. */
  readonly certificateAuthorities: readonly string[];
  readonly timeoutMs: number;
}

/** Where TLS comes first; elsewhere STARTTLS, and nothing is said without. */
const IMPLICIT_TLS_PORT = 465;

export function smtpSink(
  name: string,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
  { server, tokens, certificateAuthorities, timeoutMs }: SmtpParts,
): Sink {
  return {
    name,
    kind: "email",
    async send({ id, message }, signal) {
      const { value } = await tokens.token({ signal });
      // Loaded when there is something to send: most processes never send a mail.
      const { createTransport } = await import("nodemailer");
      const transport = createTransport({
        ...server,
        secure: server.port === IMPLICIT_TLS_PORT,
        requireTLS: true,
        tls: {
          minVersion: "TLSv1.2",
          ...(certificateAuthorities.length === 0
            ? {}
            : { ca: [...getCACertificates("default"), ...certificateAuthorities] }),
        },
        auth: { type: "OAuth2", user: from, accessToken: value },
        connectionTimeout: timeoutMs,
        greetingTimeout: timeoutMs,
        socketTimeout: timeoutMs,
        dnsTimeout: timeoutMs,
        disableFileAccess: true,
        disableUrlAccess: true,
      });
      try {
        const { rejected } = await transport.sendMail({
          ...mailOf(message),
          from: { name: "exosweep", address: from },
          to: to.map((address) => ({ name: "", address })),
          // A mail that is sent again after a death is the same mail.
          messageId: `<${id}@${from.slice(from.lastIndexOf("@") + 1)}>`,
          headers: { "Auto-Submitted": "auto-generated", "X-Exosweep-Delivery": id },
          signal,
        });
        const refused = rejected.length === 0 ? "" : `; ${rejected.length} of ${to.length} addresses refused`;
        return { is: "accepted", said: `250${refused}` };
      } catch (error) {
        signal.throwIfAborted();
        return answerTo(error, server.host);
      } finally {
        transport.close();
      }
    },
  };
}

const NO_TOKEN =
  "the app's token was turned away: give the app SMTP.SendAsApp, register it as a service principal in Exchange, let it use the mailbox, and allow authenticated SMTP there";

/** @throws {SinkError} for what no server has said. Texts of the library and of the server stay out: they may quote what was sent */
function answerTo(error: unknown, host: string): Answer {
  const code = textOf(error, "code");
  const status = Reflect.get(Object(error), "responseCode");
  const enhanced = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(textOf(error, "response"))?.[0] ?? "";
  // A server that refuses to begin with TLS answers that with a number, too.
  if (typeof status === "number" && status >= 400 && code !== "ETLS") {
    const said = `${status} ${enhanced}`.trim();
    if (status < 500) return { is: "trouble", said };
    return { is: "refused", said: code === "EAUTH" ? `${said}: ${NO_TOKEN}` : said };
  }
  if (code === "EAUTH") return { is: "refused", said: NO_TOKEN };
  throw new SinkError(`${host} could not be used: ${WORDS[code] ?? (code === "" ? "it failed" : code)}`);
}

const WORDS: Readonly<Record<string, string>> = {
  ETLS: "it offers no TLS of version 1.2 or later, or its certificate is not trusted",
  ESOCKET: "the connection broke, or its certificate is not trusted",
  ECONNECTION: "the connection was closed",
  ETIMEDOUT: "it did not answer in time",
  EDNS: "the name could not be looked up",
  EPROTOCOL: "it does not speak SMTP",
};

function textOf(error: unknown, name: string): string {
  const value: unknown = Reflect.get(Object(error), name);
  return typeof value === "string" ? value : "";
}
