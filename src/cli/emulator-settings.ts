/** The settings that reach an emulator: a file ready to use, and the secrets to put into the environment. Pure. */
import { mayBeSpokenTo } from "../config.ts";

interface Access {
  readonly tenantId: string;
  readonly domain: string;
  readonly clientId: string;
  readonly secret: string;
}

export interface EmulatorSettings {
  readonly yaml: string;
  /** Environment variables to set, by name. The secrets of an emulator protect nothing. */
  readonly variables: Readonly<Record<string, string>>;
}

export function settingsFor(url: URL, tenants: readonly Access[]): EmulatorSettings {
  const named = tenants.map((tenant) => {
    const name = tenant.domain.split(".")[0] ?? tenant.domain;
    return {
      ...tenant,
      name,
      variable: `EXOSWEEP_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_SECRET`,
    };
  });
  const lines = [
    `# Settings for the emulator at ${url.origin}. Its secrets go into the environment:`,
    ...named.map(({ variable, secret }) => `#   export ${variable}='${secret}'`),
    ...(mayBeSpokenTo(url, []) ? [] : [`insecureHosts: [${JSON.stringify(url.hostname)}]`]),
    "tenants:",
    ...named.flatMap(({ name, tenantId, domain, clientId, variable }) => [
      `  - name: ${name}`,
      `    tenantId: ${tenantId}`,
      `    domain: ${domain}`,
      `    clientId: ${clientId}`,
      `    secret: { env: ${variable} }`,
      `    cloud: { login: ${JSON.stringify(url.origin)}, exchange: ${JSON.stringify(url.origin)} }`,
    ]),
  ];
  return {
    yaml: lines.join("\n"),
    variables: Object.fromEntries(named.map(({ variable, secret }) => [variable, secret])),
  };
}
