/** What an error of undici, Node or TLS means, in our words. */
import { REFUSED_ADDRESS } from "./guarded-lookup.ts";
import { NetworkError } from "./network.ts";

const NOT_TRUSTED =
  /^(CERT_|ERR_TLS_CERT|ERR_SSL|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

const CAUSES: Readonly<Record<string, string>> = {
  ADDRESS_REFUSED: REFUSED_ADDRESS,
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name could not be looked up",
  ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  EHOSTUNREACH: "there is no route to it",
  ENETUNREACH: "there is no network",
  ETIMEDOUT: "the connection timed out",
  UND_ERR_CONNECT_TIMEOUT: "the connection timed out",
  UND_ERR_SOCKET: "the connection was closed before the answer was complete",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "its answer was cut off",
};

/** @param sent whether the request had begun to leave */
export function failureOf(host: string, error: unknown, sent: boolean): NetworkError {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : "";
  const proxyStatus = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(text)?.[1];
  if (proxyStatus !== undefined) {
    const cause =
      proxyStatus === "407"
        ? "the proxy wants a user name and a password (407): put them into HTTPS_PROXY"
        : `the proxy refused with ${proxyStatus}`;
    return new NetworkError(host, "proxy", false, `PROXY_${proxyStatus}`, cause);
  }
  if (code.startsWith("UND_ERR_PRX")) {
    return new NetworkError(host, "proxy", false, code, "the proxy could not be used");
  }
  if (!sent && NOT_TRUSTED.test(code)) {
    const cause = `its certificate is not trusted (${code}): name its authority in certificateAuthorities`;
    return new NetworkError(host, "certificate", false, code, cause);
  }
  return new NetworkError(
    host,
    sent ? "lost" : "not-sent",
    sent,
    code,
    CAUSES[code] ?? `it failed with ${code}`,
  );
}

/** The code of an error, of its first part when several addresses were tried, or its class name. Never its text: that is not ours. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return "UNKNOWN";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? error.constructor.name : codeOf(error.cause);
}
