/** Mail by sendMail of Microsoft Graph. The app's token goes to the Graph of the tenant's cloud, and nowhere else. */
import type { Network } from "../../network/index.ts";
import type { TokenSource } from "../../tenants/index.ts";
import { mailOf } from "../words/mail.ts";
import { answerOf, post } from "./http.ts";
import type { Answer, Sink } from "./sink.ts";

export interface GraphParts {
  readonly network: Pick<Network, "request">;
  /** Origin of the Graph of the tenant's cloud. */
  readonly graph: URL;
  /** For its audience. */
  readonly tokens: TokenSource;
  readonly timeoutMs: number;
}

export function graphSink(
  name: string,
  { from, to }: { readonly from: string; readonly to: readonly string[] },
  { network, graph, tokens, timeoutMs }: GraphParts,
): Sink {
  return {
    name,
    kind: "email",
    async send({ id, message, atMs }, signal) {
      const { subject, html } = mailOf(message);
      const body = JSON.stringify({
        message: {
          subject,
          body: { contentType: "HTML", content: html },
          toRecipients: to.map((address) => ({ emailAddress: { address } })),
          internetMessageHeaders: [{ name: "x-exosweep-delivery", value: id }],
        },
        saveToSentItems: false,
      });
      const url = new URL(`/v1.0/users/${encodeURIComponent(from)}/sendMail`, graph);
      const ask = async (renew: boolean) => {
        const { value } = await tokens.token({ signal, ...(renew ? { renew: {} } : {}) });
        const headers = { authorization: `Bearer ${value}`, "content-type": "application/json" };
        return post(network, url, { headers, body, timeoutMs, signal });
      };
      const first = await ask(false);
      const reply = first.status === 401 ? await ask(true) : first;
      return explained(answerOf(reply, atMs), reply.status, codeOf(reply.body), from);
    },
  };
}

function explained(answer: Answer, status: number, code: string | undefined, from: string): Answer {
  const said = code === undefined ? answer.said : `${answer.said} ${code}`;
  if (status === 401 || status === 403)
    return { ...answer, said: `${said}: the app needs the right Mail.Send of Microsoft Graph, for ${from}` };
  if (status === 404) return { ...answer, said: `${said}: there is no mailbox ${from}` };
  return { ...answer, said };
}

/** `ErrorAccessDenied`: the one thing of the answer that is worth showing, and surely no name. */
function codeOf(body: Buffer): string | undefined {
  try {
    const found: unknown = JSON.parse(body.toString("utf8"));
    const error = field(found, "error");
    const code = field(error, "code");
    return typeof code === "string" && /^[A-Za-z][A-Za-z0-9_.]{0,80}$/.test(code) ? code : undefined;
  } catch {
    // Not JSON: the status alone is told.
    return undefined;
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
