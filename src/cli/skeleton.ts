/** The settings file `init` writes: every usual setting, commented. It is valid as it is, also before anything is filled in. */

/** What is known of the first tenant. */
export interface FirstTenant {
  readonly name?: string;
  readonly domain?: string;
  readonly tenantId?: string;
  readonly clientId?: string;
}

/** Stand in for what is not known yet. */
export const PLACEHOLDERS = {
  name: "contoso",
  domain: "contoso.onmicrosoft.com",
  tenantId: "00000000-0000-0000-0000-000000000000",
  clientId: "00000000-0000-0000-0000-000000000000",
};

/** Text of the file. The tenant is commented out until all of it is known. */
export function skeleton(tenant: FirstTenant): string {
  const { name, domain, tenantId, clientId } = { ...PLACEHOLDERS, ...tenant };
  const whole = Object.keys(PLACEHOLDERS).every((key) => key in tenant);
  const variable = `EXOSWEEP_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}_SECRET`;
  const entry = [
    "tenants:",
    `  - name: ${quoted(name)}`,
    "    # Directory (tenant) id and initial domain: entra.microsoft.com, Overview",
    `    tenantId: ${quoted(tenantId)}`,
    `    domain: ${quoted(domain)}`,
    "    # App registration with the application permission Exchange.ManageAsApp and an Exchange role",
    `    clientId: ${quoted(clientId)}`,
    "    # Exactly one way to sign in:",
    `    secret: { env: ${variable} }`,
    "    # certificate: { path: ./app.pem }",
    "    # managedIdentity: {}",
    "    # deviceCode: {}",
    "    # global, gcc-high, dod, china, or { login: URL, exchange: URL } for another server",
    "    cloud: global",
  ];
  return [
    "# Settings of exosweep. Secrets are never written here, only where they are found.",
    "",
    "# Redis carries the work between processes. Without this line a private one is started in the data directory.",
    "# redis: redis://127.0.0.1:6379",
    "",
    "# Where runs are recorded, relative to the data directory; or postgres://user@host/database, for several machines.",
    "# journal: sqlite:journal.db",
    "",
    ...(whole ? [] : ["# Fill in, and take the # away:"]),
    ...(whole ? entry : entry.map((line) => `# ${line}`)),
    "",
  ].join("\n");
}

/** YAML reads JSON strings; a plain word needs no quotes. */
function quoted(text: string): string {
  return /^[A-Za-z0-9][\w.-]*$/.test(text) ? text : JSON.stringify(text);
}
