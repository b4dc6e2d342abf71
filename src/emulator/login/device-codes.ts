/** Device codes in progress; a person who is always about to agree: every code is approved after a number of polls. */
import { hexOf } from "../random.ts";

/** Microsoft's built-in public client (`exo-protocol.md` 2.1). */
export const DEVICE_CLIENT_ID = "fb78d390-0c51-40cd-8e17-fdbfab77341b";

const LIFETIME_MS = 900_000;

interface Code {
  readonly tenantId: string;
  readonly clientId: string;
  readonly scope: string;
  readonly begunAtMs: number;
  polls: number;
}

export class DeviceCodes {
  readonly intervalSeconds: number;
  readonly #pollsToApprove: number;
  readonly #seed: number;
  readonly #codes = new Map<string, Code>();
  #made = 0;

  constructor(options: {
    readonly seed: number;
    readonly pollsToApprove: number;
    readonly intervalSeconds: number;
  }) {
    this.#seed = options.seed;
    this.#pollsToApprove = options.pollsToApprove;
    this.intervalSeconds = options.intervalSeconds;
  }

  /** A number no other token has. */
  nextTokenId(): string {
    this.#made += 1;
    return `${hexOf(`uti/${this.#made}`, 16, this.#seed)}${this.#made}`;
  }

  begin(
    tenantId: string,
    clientId: string,
    scope: string,
    nowMs: number,
  ): { deviceCode: string; userCode: string } {
    this.#made += 1;
    const deviceCode = hexOf(`device/${this.#made}`, 48, this.#seed);
    this.#codes.set(deviceCode, { tenantId, clientId, scope, begunAtMs: nowMs, polls: 0 });
    return { deviceCode, userCode: hexOf(`user/${this.#made}`, 9, this.#seed).toUpperCase() };
  }

  /** One poll: not yet, too late, never heard of, or approved; an approved code is used up. */
  poll(
    deviceCode: string,
    tenantId: string,
    nowMs: number,
  ): "pending" | "expired" | "unknown" | { readonly scope: string } {
    const code = this.#codes.get(deviceCode);
    if (!code || code.tenantId !== tenantId) return "unknown";
    if (nowMs - code.begunAtMs > LIFETIME_MS) return "expired";
    code.polls += 1;
    if (code.polls <= this.#pollsToApprove) return "pending";
    this.#codes.delete(deviceCode);
    return { scope: code.scope };
  }
}
