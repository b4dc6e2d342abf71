/** Requests as they go out, without their bearer: that is `transport.ts`'s business. URLs and headers of `exo-protocol.md` 1.1, 3 and 7.1. */
import { createHash, randomUUID } from "node:crypto";
import type { Settings } from "../config.ts";
import type { Tenant } from "../tenants/index.ts";
import type { Call } from "./call.ts";
import type { Anchor } from "./exchange.ts";
import { PAGE_ROWS } from "./limits.ts";
import type { Resource } from "./resource.ts";
import { planted } from "../test-points.ts";

export type Headers = Readonly<Record<string, string>>;

/** One request: to a single call, or with several calls in a batch. */
export interface WireRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Headers;
  /** Undefined for a GET. A batch's items still lack their bearer. */
  readonly body: object | undefined;
  readonly items: readonly BatchItem[] | undefined;
  readonly timeoutMs: number;
  readonly beforeBody: (() => Promise<void>) | undefined;
}

export interface BatchItem {
  readonly id: string;
  readonly method: "POST";
  readonly url: string;
  readonly headers: Headers;
  readonly body: object;
}

/** The arbitration mailbox every tenant has, which listings are anchored to; `exo-protocol.md` 3.2. */
const SYSTEM_MAILBOX = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}";

type Version = Settings["api"]["resources"];

function rootOf({ cloud, tenantId }: Tenant, version: Version): string {
  return `${cloud.exchange.origin}/adminapi/${version}/${tenantId}`;
}

/** Where the first page of a resource is (`exo-protocol.md` 1.4); later ones are its links. */
export function resourceAddress(tenant: Tenant, api: Settings["api"], { path, query }: Resource): URL {
  return new URL(`${rootOf(tenant, api.resources)}/${path}${query}`);
}

/** Builds the requests of one tenant. */
export class RequestBuilder {
  readonly #tenant: Tenant;
  readonly #api: Settings["api"];
  readonly #session = randomUUID();
  #batches = 0;

  constructor(tenant: Tenant, api: Settings["api"]) {
    this.#tenant = tenant;
    this.#api = api;
  }

  single(call: Call, timeoutMs: number): WireRequest {
    if (call.target.kind === "catalogue") return this.#catalogue(timeoutMs);
    if (call.resource !== undefined) return this.#resource(call, call.resource, timeoutMs);
    return {
      method: "POST",
      url: call.target.kind === "link" ? call.target.url : new URL(this.#url(call)),
      headers: this.#headers(call, `odata.maxpagesize=${PAGE_ROWS}`),
      body: call.input,
      items: undefined,
      timeoutMs,
      beforeBody: call.alone,
    };
  }

  /** Ids are used once in the life of the process, so that an item of another batch is known as foreign. */
  batch(calls: readonly Call[], timeoutMs: number): WireRequest {
    this.#batches += 1;
    const prefix = `${this.#session.slice(0, 8)}-${this.#batches}`;
    const items = calls.map((call, place): BatchItem => ({
      id: `${prefix}-${place}`,
      method: "POST",
      url: this.#url(call),
      headers: this.#headers(call, `odata.maxpagesize=${PAGE_ROWS};odata.continue-on-error`),
      body: call.input,
    }));
    return {
      method: "POST",
      url: new URL(`${this.#root("beta")}/$batch`),
      headers: {
        "Content-Type": "application/json; charset=utf-8",
        Accept: "application/json",
        "Accept-Encoding": "gzip",
        "Accept-Language": "en-US",
        Prefer: "odata.continue-on-error",
        "X-AnchorMailbox": this.#anchor({ kind: "tenant" }),
        "connection-id": this.#connection({ kind: "tenant" }),
        "client-request-id": randomUUID(),
        "X-ClientApplication": "exosweep",
      },
      body: undefined,
      items,
      timeoutMs,
      beforeBody: together(calls),
    };
  }

  #resource(call: Call, resource: Resource, timeoutMs: number): WireRequest {
    return {
      method: "GET",
      url: call.target.kind === "link" ? call.target.url : resourceAddress(this.#tenant, this.#api, resource),
      headers: { ...this.#common(call.anchor), Prefer: `odata.maxpagesize=${PAGE_ROWS}` },
      body: undefined,
      items: undefined,
      timeoutMs,
      beforeBody: call.alone,
    };
  }

  /** With the headers the module sends when it connects; `exo-protocol.md` 1.3. */
  #catalogue(timeoutMs: number): WireRequest {
    const { moduleVersion } = this.#api;
    const version = encodeURIComponent(moduleVersion);
    return {
      method: "GET",
      url: new URL(`${this.#root("v1.0")}/EXOModuleFile?Version=${version}`),
      headers: {
        ...this.#common({ kind: "tenant" }),
        CommandName: "*",
        "exomodule-version": moduleVersion,
        "is-cloud-shell-environment": "False",
        "X-InitializeConnectionContextObjectIdDynamic": "true",
      },
      body: undefined,
      items: undefined,
      timeoutMs,
      beforeBody: undefined,
    };
  }

  #root(version: Version): string {
    return rootOf(this.#tenant, version);
  }

  #url(call: Call): string {
    const select = call.select.length === 0 ? "" : `?$select=${call.select.join(",")}`;
    return `${this.#root("beta")}/InvokeCommand${select}`;
  }

  #headers(call: Call, prefer: string): Headers {
    return {
      ...this.#common(call.anchor),
      "Content-Type": "application/json; charset=utf-8",
      Prefer: prefer,
      "X-CmdletName": call.cmdlet,
      "X-ResponseFormat": "json",
    };
  }

  #common(anchor: Anchor): Record<string, string> {
    return {
      Accept: "application/json",
      "Accept-Encoding": "gzip",
      // Warnings and errors are recognised by their English words.
      "Accept-Language": "en-US",
      "X-AnchorMailbox": this.#anchor(anchor),
      "connection-id": this.#connection(anchor),
      "client-request-id": randomUUID(),
      "X-ClientApplication": "exosweep",
      ...(anchor.kind === "mailbox" ? { "parameter-based-routing": "true" } : {}),
    };
  }

  #anchor(anchor: Anchor): string {
    const { tenantId } = this.#tenant;
    return anchor.kind === "tenant" ? `APP:${SYSTEM_MAILBOX}@${tenantId}` : `MBX:${anchor.guid}@${tenantId}`;
  }

  /**
   * One id for each mailbox, the same in every process and at any time: calls with it stay on one server, so whoever looks at what
   * was written, if need be after the writer's death, looks where it was written (`exo-protocol.md` 11, 49). A digest in the form of a GUID.
   */
  #connection(anchor: Anchor): string {
    if (anchor.kind === "tenant") return this.#session;
    if (planted("look-on-other-connection")) return randomUUID();
    const { tenantId, clientId } = this.#tenant;
    const digest = createHash("sha256").update(`${tenantId} ${clientId} ${anchor.guid}`).digest("hex");
    return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-4${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
  }
}

/** What the calls of a batch want done before its body is read. */
function together(calls: readonly Call[]): (() => Promise<void>) | undefined {
  const wishes = calls.flatMap(({ alone }) => alone ?? []);
  if (wishes.length === 0) return undefined;
  return async () => {
    await Promise.all(wishes.map((wish) => wish()));
  };
}
