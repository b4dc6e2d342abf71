/** How we prove who we are; `exo-protocol.md` 2. Exactly one of them. Secrets are read at sign-in and stay in memory. */
export type Credential =
  | { readonly kind: "secret"; /** Name of the environment variable. */ readonly env: string }
  | { readonly kind: "certificate"; readonly path: string; readonly thumbprint: string | undefined }
  | { readonly kind: "managedIdentity"; readonly clientId: string | undefined }
  | { readonly kind: "deviceCode" };

/** Where a tenant lives. Both clients go there and nowhere else. */
export interface Cloud {
  readonly name: "global" | "gcc-high" | "dod" | "china" | "custom";
  /** Origin of the sign-in service. */
  readonly login: URL;
  /** Origin of the Exchange admin API. */
  readonly exchange: URL;
  /** `{audience}/.default` is the scope; the real host of the cloud, also when overridden. */
  readonly audience: string;
  /** Microsoft Graph: its origin, and the audience of its tokens. Undefined where an overridden cloud names none. */
  readonly graph?: { readonly url: URL; readonly audience: string } | undefined;
  /** The server that takes mail by SMTP, with tokens for `audience`. Undefined where an overridden cloud names none. */
  readonly smtp?: { readonly host: string; readonly port: number } | undefined;
}

/** One tenant as configured. */
export interface Tenant {
  readonly name: string;
  readonly tenantId: string;
  /** Initial `*.onmicrosoft.com` domain. */
  readonly domain: string;
  readonly clientId: string;
  readonly credential: Credential;
  readonly cloud: Cloud;
}

export interface AccessToken {
  readonly value: string;
  readonly expiresAtMs: number;
}

/** Tokens of one tenant, shared by all its calls. */
export interface TokenSource {
  /**
   * A token that is good for at least two more minutes; callers at the same time share one sign-in.
   * @param renew ask for a new one even if the old looks good, with the `claims` of a challenge if there were any
   * @throws {SignInError}
   */
  token(options?: {
    readonly renew?: { readonly claims?: string };
    readonly signal?: AbortSignal;
  }): Promise<AccessToken>;
}

/** Sign-in failed. The message names tenant and cause without any secret; `advice` says what to do next. `transient`: the service, not we. */
export class SignInError extends Error {
  override readonly name = "SignInError";
  readonly tenant: string;
  readonly advice: string;
  readonly transient: boolean;
  constructor(tenant: string, cause: string, advice: string, transient = false) {
    super(`Cannot sign in to tenant "${tenant}": ${cause}`);
    this.tenant = tenant;
    this.advice = advice;
    this.transient = transient;
  }
}
