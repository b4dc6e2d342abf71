/** Tells this machine, and what its platform puts beside it, from the rest of the world. */
import { isIPv4 } from "node:net";

/** @param hostname as `URL.hostname` has it: lower case, IPv6 in brackets */
export function isLoopback(hostname: string): boolean {
  if (hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "[::1]") return true;
  return isIPv4(hostname) && hostname.startsWith("127.");
}

/** Link-local IPv4, where platforms serve managed identities. */
export function isLinkLocal(hostname: string): boolean {
  return isIPv4(hostname) && hostname.startsWith("169.254.");
}
