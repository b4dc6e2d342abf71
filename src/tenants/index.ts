/**
 * tenants: who we may sign in to, and how. Secrets never leave this folder; tokens live in memory only. The only home of msal-node.
 */
export { SignInError } from "./tenant.ts";
export type { AccessToken, Cloud, Credential, Tenant, TokenSource } from "./tenant.ts";
