/** A tenant as the command line shows it. Names of environment variables and files, never what is in them. */
import type { TenantSettings } from "../../config.ts";

export interface TenantView {
  readonly [key: string]: unknown;
  readonly schemaVersion: 1;
  readonly name: string;
  readonly tenantId: string;
  readonly domain: string;
  readonly clientId: string | null;
  readonly signIn: string;
  /** Name of the cloud, or where Exchange is reached instead. */
  readonly cloud: string;
}

export function tenantView(tenant: TenantSettings): TenantView {
  return {
    schemaVersion: 1,
    name: tenant.name,
    tenantId: tenant.tenantId,
    domain: tenant.domain,
    clientId: tenant.clientId ?? null,
    signIn: signInOf(tenant),
    cloud: typeof tenant.cloud === "string" ? tenant.cloud : tenant.cloud.exchange,
  };
}

function signInOf(tenant: TenantSettings): string {
  if (tenant.secret) return `secret in ${tenant.secret.env}`;
  if (tenant.certificate) return `certificate ${tenant.certificate.path}`;
  return tenant.managedIdentity ? "managed identity" : "device code";
}
