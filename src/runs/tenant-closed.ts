/** For how long each tenant's gate is closed, asked at most once a second: every task wants to know. */

const FRESH_MS = 1_000;

export class TenantClosed {
  readonly #ask: (tenant: string) => Promise<number>;
  readonly #known = new Map<string, { readonly askedAtMs: number; readonly closedForMs: Promise<number> }>();

  /** @param ask milliseconds for which the gate of a tenant, by name, stays closed; 0 when it is open */
  constructor(ask: (tenant: string) => Promise<number>) {
    this.#ask = ask;
  }

  /** @param nowMs on a clock that nobody sets */
  forMs(tenant: string, nowMs: number): Promise<number> {
    const known = this.#known.get(tenant);
    if (known !== undefined && nowMs - known.askedAtMs < FRESH_MS) return known.closedForMs;
    // A gate that cannot be asked says nothing; calls still wait for it before they leave.
    const closedForMs = this.#ask(tenant).catch(() => 0);
    this.#known.set(tenant, { askedAtMs: nowMs, closedForMs });
    return closedForMs;
  }
}
