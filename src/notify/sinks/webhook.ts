/** A webhook, signed as Standard Webhooks has it. */
import type { Network } from "../../network/index.ts";
import { answerOf, post } from "./http.ts";
import { type Environment, readSecret, type SecretSource } from "./secret.ts";
import { signedHeaders } from "./signature.ts";
import type { Sink } from "./sink.ts";

export interface WebhookParts {
  readonly network: Pick<Network, "request">;
  readonly environment: Environment;
  readonly timeoutMs: number;
}

export function webhookSink(
  name: string,
  settings: { readonly url: string; readonly secret: SecretSource },
  { network, environment, timeoutMs }: WebhookParts,
): Sink {
  return {
    name,
    kind: "webhook",
    async send({ id, message, atMs }, signal) {
      const body = JSON.stringify({ type: message.type, timestamp: message.at, data: message });
      const signed = signedHeaders(await readSecret(settings.secret, environment), { id, atMs, body });
      const headers = { "content-type": "application/json", ...signed };
      const reply = await post(network, new URL(settings.url), { headers, body, timeoutMs, signal });
      return answerOf(reply, atMs);
    },
  };
}
