/** A sink from its settings. */
import { mayBeSpokenTo, type SinkSettings } from "../../config.ts";
import type { Network } from "../../network/index.ts";
import { createTokenSource, type Tenant, tenantOfToken, type TokenSource } from "../../tenants/index.ts";
import { graphSink } from "./graph.ts";
import type { Environment } from "./secret.ts";
import { type Sink, SinkError } from "./sink.ts";
import { smtpSink } from "./smtp.ts";
import { teamsSink } from "./teams.ts";
import { webhookSink } from "./webhook.ts";

export interface SinkParts {
  /** For addresses that people name: it connects to no private network but those that are named. */
  readonly outside: Pick<Network, "request">;
  /** For sign-in and Microsoft Graph. */
  readonly network: Network;
  readonly tenants: readonly Tenant[];
  readonly environment: Environment;
  readonly insecureHosts: readonly string[];
  /** PEM, to trust besides the usual ones. */
  readonly certificateAuthorities: readonly string[];
  readonly timeoutMs: number;
}

export function makeSink(settings: SinkSettings, parts: SinkParts): Sink {
  const { name, webhook, teams, email } = settings;
  const { outside: network, environment, timeoutMs, insecureHosts } = parts;
  if (webhook !== undefined) return webhookSink(name, webhook, { network, environment, timeoutMs });
  if (teams !== undefined)
    return teamsSink(name, teams, {
      network,
      environment,
      timeoutMs,
      mayBeSpokenTo: (url) => mayBeSpokenTo(url, insecureHosts),
    });
  if (email !== undefined) return mailSink(name, email, parts);
  throw new SinkError(`the sink "${name}" says nothing of where it is`);
}

function mailSink(name: string, email: NonNullable<SinkSettings["email"]>, parts: SinkParts): Sink {
  const { network, environment, timeoutMs, certificateAuthorities } = parts;
  const tenant = parts.tenants.find((each) => each.name.toLowerCase() === email.tenant.toLowerCase());
  const { graph, smtp } = tenant?.cloud ?? {};
  if (tenant !== undefined && email.via === "graph" && graph !== undefined) {
    const tokens = tokensFor({ ...tenant, cloud: { ...tenant.cloud, audience: graph.audience } }, parts);
    return graphSink(name, email, { network, graph: graph.url, tokens, timeoutMs });
  }
  if (tenant !== undefined && email.via === "smtp" && smtp !== undefined)
    return smtpSink(name, email, {
      server: smtp,
      tokens: tokensFor(tenant, parts),
      certificateAuthorities,
      timeoutMs,
    });
  throw new SinkError(`the sink "${name}" cannot send by ${email.via} with the tenant "${email.tenant}"`);

  function tokensFor(own: Tenant, { network: throughThis }: SinkParts): TokenSource {
    const tokens = createTokenSource(own, { network: throughThis, environment });
    return {
      async token(options) {
        const token = await tokens.token(options);
        const of = tenantOfToken(token.value);
        if (of === undefined || of === own.tenantId) return token;
        throw new SinkError(`the token for tenant "${own.name}" is of another tenant`);
      },
    };
  }
}
