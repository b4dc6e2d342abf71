/**
 * tenants: who we may sign in to, and how. Secrets never leave this folder; tokens live in memory only. The only home of msal-node.
 * Promises that sign-in goes to the tenant's configured login address and nowhere else, that calls at the same time share one sign-in,
 * and that a failure is one sentence with what to do next, without a secret in it.
 */
export { createTokenSource } from "./create-token-source.ts";
export type { DeviceCode } from "./create-token-source.ts";
export { checkCredential } from "./check-credential.ts";
export { tenantOfToken } from "./token-tenant.ts";
export { tenantFrom } from "./tenant-from.ts";
export { SignInError } from "./tenant.ts";
export type { Tenant, TokenSource } from "./tenant.ts";
