/** Looks names up, and answers only with addresses that may be connected to: checked where the connection is made, so no later answer can differ. */
import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { NetworkError } from "./network.ts";

/** Whether `host`, as a URL has it, may be connected to at `address`. */
export type AllowedAddress = (host: string, address: string) => boolean;

const CODE = "ADDRESS_REFUSED";

export function guardedLookup(allowed: AllowedAddress): LookupFunction {
  return (host, options, answer) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error !== null) return answer(error, "");
      const good = found.filter(({ address }) => allowed(host, address));
      const [first] = good;
      if (first === undefined) return answer(Object.assign(new Error("Address refused"), { code: CODE }), "");
      if (options.all === true) return answer(null, good);
      answer(null, first.address, first.family);
    });
  };
}

/** For a host that is an address, nobody looks anything up. @throws {NetworkError} */
export function refuseAddress(url: URL, allowed: AllowedAddress): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) === 0 || allowed(host, host)) return;
  throw new NetworkError(url.host, "not-sent", false, CODE, REFUSED_ADDRESS);
}

export const REFUSED_ADDRESS = "it is found at an address that may not be connected to";
