/** Turns the end of a failed sign-in into one sentence and what to do next. A table of the service's numbers, and nothing of its texts. */
import type { NetworkError } from "../network/index.ts";
import type { SignInReply } from "./sign-in-network.ts";
import { SignInError } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

interface Explanation {
  readonly cause: string;
  readonly advice: string;
  readonly transient?: boolean;
}

const inRegistration = 'In the Entra admin center, open the app registration, "Certificates & secrets"';

/** What the numbers mean, for one tenant. */
function meaning(code: number, tenant: Tenant): Explanation | undefined {
  const { clientId, tenantId, credential } = tenant;
  const secretName = credential.kind === "secret" ? credential.env : "the secret";
  switch (code) {
    case 7000215:
      return {
        cause: "the client secret is wrong",
        advice: `Put the secret's value, not its id, into the environment variable ${secretName}.`,
      };
    case 7000222:
      return {
        cause: "the client secret has expired",
        advice: `${inRegistration}, create a new one and put its value into ${secretName}.`,
      };
    case 7000216:
    case 7000218:
      return {
        cause: "the app does not allow this way to sign in",
        advice: "Use a secret or a certificate, or allow public client flows for the app.",
      };
    case 700016:
    case 7000229:
      return {
        cause: `the app ${clientId} is not known there`,
        advice: "Check clientId, and that an administrator of this tenant has consented to the app.",
      };
    case 7000112:
      return {
        cause: `the app ${clientId} is disabled there`,
        advice: "Enable sign-in for it under Enterprise applications.",
      };
    case 90002:
    case 900023:
    case 900021:
      return {
        cause: `there is no tenant ${tenantId} in this cloud`,
        advice: "Check tenantId and cloud.",
      };
    case 700027:
    case 700023:
    case 50027:
      return {
        cause: "the certificate is not the one registered for the app",
        advice: `${inRegistration} and upload the public part of this certificate.`,
      };
    case 700024:
    case 700021:
      return {
        cause: "the clock of this machine is wrong or the certificate is not valid now",
        advice: "Set the clock, and check the certificate's dates.",
      };
    case 500011:
    case 650052:
      return {
        cause: "Exchange Online is not available to this tenant",
        advice: "Check that the tenant has Exchange Online, and cloud.",
      };
    case 65001:
    case 650057:
      return {
        cause: "the app has no consent for Exchange",
        advice: "Grant Exchange.ManageAsApp (or Exchange.Manage for people) with admin consent.",
      };
    case 53003:
    case 530003:
    case 53000:
      return {
        cause: "a conditional access policy forbids it",
        advice: "Exclude this app or place from the policy, or run where it is allowed.",
      };
    case 700082:
    case 70043:
    case 50173:
    case 50078:
    case 50076:
      return { cause: "the sign-in has ended", advice: "Sign in again." };
    case 70016:
    case 70018:
    case 70019:
    case 70020:
      return {
        cause: "the code was not entered in time",
        advice: "Run the command again and enter the new code.",
      };
    case 90033:
    case 90036:
    case 50196:
    case 50168:
    case 50000:
      return { ...BUSY };
    default:
      return undefined;
  }
}

const BUSY: Explanation = {
  cause: "the sign-in service is busy",
  advice: "Try again in a minute.",
  transient: true,
};

/** What is known of a sign-in that failed. */
export interface SignInFailure {
  readonly reply: SignInReply | undefined;
  readonly failure: NetworkError | undefined;
}

export function explain(tenant: Tenant, { reply, failure }: SignInFailure): SignInError {
  const { cause, advice, transient } = explanation(tenant, reply, failure);
  return new SignInError(tenant.name, cause, advice, transient ?? false);
}

function explanation(
  tenant: Tenant,
  reply: SignInReply | undefined,
  failure: NetworkError | undefined,
): Explanation {
  if (failure !== undefined) {
    const passing = failure.kind !== "certificate" && failure.kind !== "proxy";
    return {
      cause: `${failure.message.charAt(0).toLowerCase()}${failure.message.slice(1)}`,
      advice:
        "Check the network, HTTPS_PROXY, certificateAuthorities, and the login address if cloud is overridden.",
      transient: passing,
    };
  }
  if (reply === undefined) {
    return { cause: "no sign-in was attempted", advice: "Check the tenant's settings." };
  }
  for (const code of reply.codes) {
    const known = meaning(code, tenant);
    if (known !== undefined) return known;
  }
  if (reply.status === 429 || reply.status >= 500) return BUSY;
  const named = reply.codes[0] === undefined ? "" : ` (AADSTS${reply.codes[0]})`;
  if (reply.error === "authorization_declined") {
    return { cause: "the sign-in was declined", advice: "Run the command again and accept." };
  }
  if (reply.error === "expired_token" || reply.error === "code_expired") {
    return {
      cause: "the code was not entered in time",
      advice: "Run the command again and enter the new code.",
    };
  }
  if (/^[a-z_]{1,60}$/.test(reply.error)) {
    return {
      cause: `the sign-in service answered ${reply.error}${named}`,
      advice: "Check clientId, tenantId and the credential.",
    };
  }
  return {
    cause: `the sign-in service gave an answer that holds no token (status ${reply.status})`,
    advice: "Check the login address.",
    transient: reply.status >= 500,
  };
}
