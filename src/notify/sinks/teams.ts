/** A workflow of Teams that posts an Adaptive Card. Whoever knows its address can post, so the address is a secret. */
import { cardOf } from "../words/card.ts";
import { answerOf, post } from "./http.ts";
import { readSecret, type SecretSource } from "./secret.ts";
import { type Sink, SinkError } from "./sink.ts";
import type { WebhookParts } from "./webhook.ts";

export interface TeamsParts extends WebhookParts {
  /** Whether this address is encrypted, or may do without. */
  readonly mayBeSpokenTo: (url: URL) => boolean;
}

export function teamsSink(
  name: string,
  settings: { readonly url: SecretSource },
  { network, environment, timeoutMs, mayBeSpokenTo }: TeamsParts,
): Sink {
  return {
    name,
    kind: "teams",
    async send({ message, atMs }, signal) {
      const text = await readSecret(settings.url, environment);
      if (!URL.canParse(text)) throw new SinkError("what is kept as the workflow's address is no address");
      const url = new URL(text);
      if (
        !/^https?:$/.test(url.protocol) ||
        !mayBeSpokenTo(url) ||
        url.username !== "" ||
        url.password !== ""
      )
        throw new SinkError("the workflow's address does not begin with https://, or has a user in it");
      const headers = { "content-type": "application/json" };
      return answerOf(await post(network, url, { headers, body: cardOf(message), timeoutMs, signal }), atMs);
    },
  };
}
