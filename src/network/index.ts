/**
 * network: one HTTP request out, one bounded reply in. Knows pools, proxies and certificate authorities, and nothing of tokens or Exchange.
 * Promises that no redirect is followed, that no reply grows beyond its bound, and that a failure says whether the request had left us.
 * The only home of undici.
 */
export { createNetwork } from "./create-network.ts";
export type { AllowedAddress } from "./guarded-lookup.ts";
export { hurried } from "./hurried.ts";
export { NetworkError } from "./network.ts";
export type { Network, NetworkFailure, NetworkReply, NetworkRequest } from "./network.ts";
export { unpack } from "./unpack.ts";
