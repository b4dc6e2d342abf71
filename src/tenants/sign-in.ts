/** One sign-in with msal, for each kind of credential. */
import {
  ConfidentialClientApplication,
  ManagedIdentityApplication,
  PublicClientApplication,
} from "@azure/msal-node";
import type { AccountInfo, AuthenticationResult, NodeAuthOptions } from "@azure/msal-node";
import { CertificateError, readCertificate } from "./certificate.ts";
import type { SignInNetwork } from "./sign-in-network.ts";
import { SignInError } from "./tenant.ts";
import type { Cloud, Tenant } from "./tenant.ts";

/** What a person must do to sign in at a terminal. */
export interface DeviceCode {
  readonly tenant: string;
  readonly url: string;
  readonly code: string;
  readonly expiresInMs: number;
}

export interface SignInParts {
  readonly network: SignInNetwork;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onDeviceCode: ((code: DeviceCode) => void) | undefined;
}

/** Signs in anew, without any cache of msal's. */
export type SignIn = (parts: SignInParts, claims: string | undefined) => Promise<AuthenticationResult | null>;

export function signInOf(tenant: Tenant): SignIn {
  const { credential } = tenant;
  if (credential.kind === "secret") return bySecret(tenant, credential.env);
  if (credential.kind === "certificate") return byCertificate(tenant, credential.path);
  if (credential.kind === "managedIdentity") return byManagedIdentity(tenant, credential.clientId);
  return byDeviceCode(tenant);
}

function bySecret(tenant: Tenant, env: string): SignIn {
  return async (parts, claims) => {
    const clientSecret = parts.environment[env];
    if (clientSecret === undefined || clientSecret === "") {
      const advice = `Put the client secret's value into ${env}.`;
      throw new SignInError(tenant.name, `the environment variable ${env} is not set`, advice);
    }
    return withApp(tenant, parts, claims, { clientSecret });
  };
}

/** The file is read anew at every sign-in, so that a certificate can be exchanged under a running process. */
function byCertificate(tenant: Tenant, path: string): SignIn {
  return async (parts, claims) => {
    const found = await readCertificate(path).catch((error: unknown) => {
      if (!(error instanceof CertificateError)) throw error;
      const advice = "Give a PEM file with the private key and its certificate.";
      throw new SignInError(tenant.name, error.message, advice);
    });
    const { privateKey, thumbprintSha256, chain } = found;
    return withApp(tenant, parts, claims, {
      clientCertificate: { privateKey, thumbprintSha256, x5c: chain },
    });
  };
}

function byManagedIdentity(tenant: Tenant, clientId: string | undefined): SignIn {
  const identity =
    clientId === undefined ? {} : { managedIdentityIdParams: { userAssignedClientId: clientId } };
  return ({ network }, claims) =>
    new ManagedIdentityApplication({
      ...identity,
      system: { networkClient: network, loggerOptions: silent() },
    }).acquireToken({
      resource: tenant.cloud.audience,
      forceRefresh: true,
      ...(claims === undefined ? {} : { claims }),
    });
}

function withApp(
  tenant: Tenant,
  { network }: SignInParts,
  claims: string | undefined,
  proof: Pick<NodeAuthOptions, "clientSecret" | "clientCertificate">,
): Promise<AuthenticationResult | null> {
  return new ConfidentialClientApplication({
    auth: { ...authorityOf(tenant), ...proof },
    system: { networkClient: network, loggerOptions: silent() },
  }).acquireTokenByClientCredential({
    scopes: [`${tenant.cloud.audience}/.default`],
    skipCache: true,
    ...(claims === undefined ? {} : { claims }),
  });
}

/** The first sign-in asks a person; later ones use the refresh token of the first, and ask again when it has ended. */
function byDeviceCode(tenant: Tenant): SignIn {
  let account: AccountInfo | null = null;
  let cache = "";
  const scopes = [`${tenant.cloud.audience}/.default`];
  return async ({ network, onDeviceCode }, claims) => {
    const app = new PublicClientApplication({
      auth: authorityOf(tenant),
      system: { networkClient: network, loggerOptions: silent() },
    });
    if (cache !== "") app.getTokenCache().deserialize(cache);
    const extra = claims === undefined ? {} : { claims };
    const remember = (result: AuthenticationResult | null): AuthenticationResult | null => {
      account = result?.account ?? null;
      cache = app.getTokenCache().serialize();
      return result;
    };
    if (account !== null) {
      return remember(await app.acquireTokenSilent({ account, scopes, forceRefresh: true, ...extra }));
    }
    if (onDeviceCode === undefined) {
      const advice = "Run the command at a terminal, or use a secret or certificate.";
      throw new SignInError(tenant.name, "nobody is there to enter a code", advice);
    }
    const result = await app.acquireTokenByDeviceCode({
      scopes,
      ...extra,
      deviceCodeCallback: (answer) =>
        onDeviceCode({
          tenant: tenant.name,
          url: answer.verificationUri,
          code: answer.userCode,
          expiresInMs: answer.expiresIn * 1000,
        }),
    });
    return remember(result);
  };
}

/**
 * Everything msal would otherwise look up in the network, so that it asks nobody but the token endpoint.
 * It insists on https; `rewriteTo` leads its requests to where the login address really is.
 */
function authorityOf(tenant: Tenant): NodeAuthOptions {
  const { host } = tenant.cloud.login;
  const authority = `https://${host}/${tenant.tenantId}`;
  return {
    clientId: tenant.clientId,
    authority,
    knownAuthorities: [host],
    authorityMetadata: JSON.stringify({
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
      issuer: `${authority}/v2.0`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
    }),
  };
}

/** @returns a function that leads msal's requests to the cloud's login address and refuses any other */
export function rewriteTo(cloud: Cloud): (url: URL) => URL {
  return (url) => {
    if (url.protocol !== "https:" || url.host !== cloud.login.host) {
      throw new Error(`Cannot sign in at ${url.host}: only ${cloud.login.host} is configured`);
    }
    return new URL(`${url.pathname}${url.search}`, cloud.login);
  };
}

/** msal's log can hold personal data; nothing of it is wanted. */
function silent(): { loggerCallback(): void; piiLoggingEnabled: false } {
  return { loggerCallback: () => {}, piiLoggingEnabled: false };
}
