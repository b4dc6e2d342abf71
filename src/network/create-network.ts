/** The network on undici: one pool of kept connections per origin, through a proxy where the environment names one. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { getCACertificates } from "node:tls";
import { Agent, ProxyAgent } from "undici";
import type { Dispatcher } from "undici";
import { type AllowedAddress, guardedLookup, refuseAddress } from "./guarded-lookup.ts";
import type { Network } from "./network.ts";
import { proxyFor } from "./proxy.ts";
import type { Environment } from "./proxy.ts";
import { sendOne } from "./send-one.ts";

export interface NetworkSettings {
  /** Most connections to one origin. */
  readonly connections: number;
  /** PEM file with certificate authorities to trust besides those Node trusts. */
  readonly certificateAuthorities?: string | undefined;
  /** Where proxies are named. */
  readonly environment: Environment;
  /** Where connections may lead; absent: anywhere. What goes through a proxy is looked up by the proxy. */
  readonly allowedAddress?: AllowedAddress;
}

/** @throws {Error} when the file of certificate authorities cannot be read or holds no certificate */
export function createNetwork(settings: NetworkSettings): Network {
  const ca =
    settings.certificateAuthorities === undefined ? undefined : trusted(settings.certificateAuthorities);
  const tls = ca === undefined ? {} : { ca };
  const options = {
    connections: settings.connections,
    // HTTP/1.1 without pipelining: a connection that breaks takes one request with it, and we know which one had begun to leave.
    allowH2: false,
    pipelining: 1,
    // `sendOne` holds one deadline over everything.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  const { allowedAddress } = settings;
  const lookup = allowedAddress === undefined ? {} : { lookup: guardedLookup(allowedAddress) };
  const direct = new Agent({ ...options, connect: { ...tls, ...lookup } });
  const proxies = new Map<string, ProxyAgent>();

  const through = (url: URL): Dispatcher => {
    const uri = proxyFor(url, settings.environment);
    if (uri === undefined) return direct;
    let agent = proxies.get(uri);
    if (agent === undefined) {
      agent = new ProxyAgent({ ...options, uri, requestTls: tls, proxyTls: tls });
      proxies.set(uri, agent);
    }
    return agent;
  };

  return {
    request: async (url, request) => {
      if (allowedAddress !== undefined) refuseAddress(url, allowedAddress);
      return sendOne(through(url), url, request);
    },
    close: async () => {
      await Promise.all([direct, ...proxies.values()].map((agent) => agent.close()));
    },
  };
}

function trusted(path: string): string[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new Error(`Cannot read the certificate authorities in "${path}": ${code}`, { cause: error });
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0 || !certificates.every(parses)) {
    throw new Error(`Cannot use the certificate authorities in "${path}": expected certificates in PEM form`);
  }
  return [...getCACertificates("default"), ...certificates];
}

function parses(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    // The only fact wanted is whether it can be read; the caller names the file.
    return false;
  }
}
