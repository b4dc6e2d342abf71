/** Decides whether an address the service names may be asked, with our bearer in the request. Exact origins, exact path, nothing clever. */
import type { Tenant } from "../tenants/index.ts";
import { MAX_LINK_LENGTH } from "./limits.ts";

/** Regional front doors of a cloud (`exo-protocol.md` 1.5); an overridden cloud has none. */
const REGIONAL: Readonly<Partial<Record<Tenant["cloud"]["name"], RegExp>>> = {
  global: /^(outlook\.office\.com|[a-z0-9]{1,20}\.outlook\.office365\.com)$/,
  "gcc-high": /^[a-z0-9]{1,20}\.outlook\.office365\.us$/,
};

/**
 * The next page of a listing.
 * @param resource the address whose listing it is; absent: InvokeCommand's
 * @returns `undefined` when the link leads anywhere else than to this tenant's InvokeCommand, or to this very resource
 */
export function nextPage(link: string, tenant: Tenant, resource?: URL): URL | undefined {
  const url = trusted(link, tenant, resource !== undefined);
  if (url === undefined || url.search.length < 2) return undefined;
  if (resource !== undefined) return sameResource(url, resource) ? url : undefined;
  return samePath(url, `/adminapi/beta/${tenant.tenantId}/InvokeCommand`) ? url : undefined;
}

/**
 * Where a redirect may lead: to the same path at an address of the same cloud.
 * @param location as the header has it; a path is taken on the asked address
 */
export function redirected(location: string, asked: URL, tenant: Tenant): URL | undefined {
  const absolute = /^\/[^/]/.test(location) ? `${asked.origin}${location}` : location;
  const isResource = asked.pathname.includes("'");
  const url = trusted(absolute, tenant, isResource);
  if (url === undefined) return undefined;
  return (isResource ? sameResource(url, asked) : samePath(url, asked.pathname)) ? url : undefined;
}

/**
 * The text is looked at before any parser may repair it.
 * @param escapes whether its path may hold some; then it is compared unescaped with one of ours
 */
function trusted(text: string, tenant: Tenant, escapes: boolean): URL | undefined {
  const { exchange, name } = tenant.cloud;
  if (text.length > MAX_LINK_LENGTH) return undefined;
  // Visible ASCII only, and none of what parsers disagree about.
  if (!/^[\x21-\x7e]+$/.test(text) || /[\\#<>"]/.test(text)) return undefined;
  const parts = /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?(\/[^?]*)(\?.*)?$/i.exec(text);
  if (parts === null || !URL.canParse(text)) return undefined;
  const path = parts[4] ?? "";
  if (/\/\/|\/\.{1,2}(\/|$)/.test(path) || (escapes ? /%2e/i.test(path) : path.includes("%")))
    return undefined;
  const url = new URL(text);
  if (url.origin === exchange.origin) return url;
  if (url.protocol !== "https:" || REGIONAL[name]?.test(url.hostname) !== true) return undefined;
  // The regional doors answer on 443 as well, whatever port they name.
  if (url.port === "446") url.port = "";
  return url.port === "" ? url : undefined;
}

/** Segments are case-insensitive; `exo-protocol.md` 1.1. */
function samePath(url: URL, path: string): boolean {
  return url.pathname.toLowerCase() === path.toLowerCase();
}

/** Names are case-insensitive, keys in quotation marks are not: they may be base64. */
function sameResource(url: URL, asked: URL): boolean {
  const wanted = folded(asked);
  return wanted !== undefined && folded(url) === wanted;
}

/** Escapes are undone in keys only, where base64 needs them, and for the signs around a key. */
function folded({ pathname }: URL): string | undefined {
  const parts = pathname
    .replace(/\/$/, "")
    .replace(/%(27|28|29)/g, decodeURIComponent)
    .split("'");
  if (parts.some((part, place) => place % 2 === 0 && part.includes("%"))) return undefined;
  try {
    return parts
      .map((part, place) => (place % 2 === 0 ? part.toLowerCase() : decodeURIComponent(part)))
      .join("'");
  } catch {
    // An escape of nothing: no address of ours.
    return undefined;
  }
}
