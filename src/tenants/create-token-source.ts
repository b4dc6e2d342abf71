/** Tokens of one tenant: one sign-in at a time, shared by everybody who waits, renewed before it ends. */
import type { AuthenticationResult } from "@azure/msal-node";
import type { Network } from "../network/index.ts";
import { explain } from "./explain.ts";
import { SignInNetwork } from "./sign-in-network.ts";
import { rewriteTo, signInOf } from "./sign-in.ts";
import type { DeviceCode } from "./sign-in.ts";
import { SignInError } from "./tenant.ts";
import type { AccessToken, Tenant, TokenSource } from "./tenant.ts";

export type { DeviceCode } from "./sign-in.ts";

export interface TokenSourceParts {
  readonly network: Network;
  /** Where secrets are. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Tells a person which code to enter where; without it, `deviceCode` cannot sign in. */
  readonly onDeviceCode?: (code: DeviceCode) => void;
  readonly now?: () => number;
}

/** A token is renewed this long before it ends, or after two thirds of its life when it lives shorter. */
const MARGIN_MS = 120_000;

export function createTokenSource(tenant: Tenant, parts: TokenSourceParts): TokenSource {
  const now = parts.now ?? Date.now;
  const signIn = signInOf(tenant);
  // A managed identity is asked at an address of the platform, which msal reads from the environment of the process.
  const rewrite = tenant.credential.kind === "managedIdentity" ? (url: URL) => url : rewriteTo(tenant.cloud);
  let held: (AccessToken & { readonly renewAtMs: number }) | undefined;
  let running: Promise<AccessToken> | undefined;

  const renew = async (claims: string | undefined): Promise<AccessToken> => {
    const network = new SignInNetwork(parts.network, rewrite);
    const startedAtMs = now();
    let result: AuthenticationResult | null;
    try {
      result = await signIn(
        { network, environment: parts.environment, onDeviceCode: parts.onDeviceCode },
        claims,
      );
    } catch (error) {
      if (error instanceof SignInError) throw error;
      // msal's error is dropped on purpose: it may quote what we sent.
      throw explain(tenant, { reply: network.lastReply, failure: network.lastFailure });
    }
    const expiresAtMs = result?.expiresOn?.getTime();
    if (result === null || result.accessToken === "" || expiresAtMs === undefined) {
      throw explain(tenant, { reply: network.lastReply, failure: network.lastFailure });
    }
    const lifeMs = expiresAtMs - startedAtMs;
    held = {
      value: result.accessToken,
      expiresAtMs,
      renewAtMs: expiresAtMs - Math.min(MARGIN_MS, lifeMs / 3),
    };
    return held;
  };

  return {
    token: (options = {}) => {
      options.signal?.throwIfAborted();
      if (running === undefined) {
        if (options.renew === undefined && held !== undefined && now() < held.renewAtMs) {
          return Promise.resolve(held);
        }
        running = renew(options.renew?.claims)
          .catch((error: unknown) => {
            // A sign-in service in trouble does not matter yet while the old token is good.
            const stillGood = options.renew === undefined && held !== undefined && now() < held.expiresAtMs;
            if (held !== undefined && stillGood && error instanceof SignInError && error.transient)
              return held;
            throw error;
          })
          .finally(() => {
            running = undefined;
          });
      }
      return abortable(running, options.signal);
    },
  };
}

/** Ends one caller's waiting; the shared sign-in goes on for the others. */
function abortable<Value>(shared: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return shared;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    shared.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
