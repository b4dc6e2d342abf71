/** A tenant from its settings: which addresses it is reached at, and how we sign in there. */
import { mayBeSpokenTo } from "../config.ts";
import type { TenantSettings } from "../config.ts";
import { SignInError } from "./tenant.ts";
import type { Cloud, Credential, Tenant } from "./tenant.ts";

/** Origins per cloud: sign-in, Exchange admin API (`exo-protocol.md` 1.5), Microsoft Graph; and the host that takes mail by SMTP. */
const CLOUDS = {
  global: [
    "https://login.microsoftonline.com",
    "https://outlook.office365.com",
    "https://graph.microsoft.com",
    "smtp.office365.com",
  ],
  "gcc-high": [
    "https://login.microsoftonline.us",
    "https://outlook.office365.us",
    "https://graph.microsoft.us",
    "smtp.office365.us",
  ],
  dod: [
    "https://login.microsoftonline.us",
    "https://outlook-dod.office365.us",
    "https://dod-graph.microsoft.us",
    "outlook-dod.office365.us",
  ],
  china: [
    "https://login.chinacloudapi.cn",
    "https://outlook.office365.cn",
    "https://microsoftgraph.chinacloudapi.cn",
    "smtp.partner.outlook.cn",
  ],
} as const;

/** For clients that sign in; the connection begins in the clear and is encrypted before anything is said (STARTTLS). */
const SUBMISSION_PORT = 587;

/** Microsoft's built-in public client for Exchange, for people at a terminal; `exo-protocol.md` 2.1. */
const EXCHANGE_PUBLIC_CLIENT = "fb78d390-0c51-40cd-8e17-fdbfab77341b";

/**
 * @param insecureHosts hosts besides loopback that may be spoken to by plain http
 * @throws {SignInError} when an address of an overridden cloud may not be used
 */
export function tenantFrom(settings: TenantSettings, insecureHosts: readonly string[]): Tenant {
  return {
    name: settings.name,
    tenantId: settings.tenantId.toLowerCase(),
    domain: settings.domain,
    clientId: clientIdOf(settings),
    credential: credentialOf(settings),
    cloud: cloudOf(settings, insecureHosts),
  };
}

function clientIdOf(settings: TenantSettings): string {
  if (settings.managedIdentity !== undefined) {
    return settings.managedIdentity.clientId ?? settings.clientId ?? "managed-identity";
  }
  return settings.clientId ?? EXCHANGE_PUBLIC_CLIENT;
}

function credentialOf(settings: TenantSettings): Credential {
  if (settings.secret) return { kind: "secret", env: settings.secret.env };
  if (settings.certificate) {
    const { path, thumbprint } = settings.certificate;
    return { kind: "certificate", path, thumbprint };
  }
  if (settings.managedIdentity) {
    return { kind: "managedIdentity", clientId: settings.managedIdentity.clientId ?? settings.clientId };
  }
  return { kind: "deviceCode" };
}

function cloudOf(settings: TenantSettings, insecureHosts: readonly string[]): Cloud {
  if (typeof settings.cloud === "string") {
    const [login, exchange, graph, smtp] = CLOUDS[settings.cloud];
    return {
      name: settings.cloud,
      login: new URL(login),
      exchange: new URL(exchange),
      audience: exchange,
      graph: { url: new URL(graph), audience: graph },
      smtp: { host: smtp, port: SUBMISSION_PORT },
    };
  }
  const { graph, smtp } = settings.cloud;
  return {
    name: "custom",
    login: originOf(settings.name, "login", settings.cloud.login, insecureHosts),
    exchange: originOf(settings.name, "exchange", settings.cloud.exchange, insecureHosts),
    audience: CLOUDS.global[1],
    ...(graph === undefined
      ? {}
      : {
          graph: {
            url: originOf(settings.name, "graph", graph, insecureHosts),
            audience: CLOUDS.global[2],
          },
        }),
    ...(smtp === undefined ? {} : { smtp: hostAndPort(smtp) }),
  };
}

/** Of `host:port`; brackets around an IPv6 address are not part of it. */
function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(":");
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ""), port: Number(text.slice(at + 1)) };
}

/** Settings are checked when they are read; what is made of them without reading is checked here. */
function originOf(tenant: string, key: string, value: string, insecureHosts: readonly string[]): URL {
  const url = new URL(value);
  if (mayBeSpokenTo(url, insecureHosts)) return url;
  throw new SignInError(
    tenant,
    `cloud.${key} is ${url.origin}, which is plain http`,
    `Use https, or add "${url.hostname}" to insecureHosts when that network is yours.`,
  );
}
