/** Which proxy a request goes through, as the environment of the process says. */
import { isLinkLocal, isLoopback } from "./loopback.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `HTTPS_PROXY` or `HTTP_PROXY` by the scheme, unless the host is this machine, link-local, or named in `NO_PROXY`. Lower case names win, as with curl. */
export function proxyFor(url: URL, environment: Environment): string | undefined {
  if (isLoopback(url.hostname) || isLinkLocal(url.hostname)) return undefined;
  const scheme = url.protocol === "https:" ? "https" : "http";
  const proxy = environment[`${scheme}_proxy`] ?? environment[`${scheme.toUpperCase()}_PROXY`];
  if (proxy === undefined || proxy === "") return undefined;
  const exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? "";
  const direct = exceptions
    .split(/[\s,]+/)
    .some((entry) => entry !== "" && covers(entry.toLowerCase(), url, scheme === "https" ? "443" : "80"));
  return direct ? undefined : proxy;
}

/** `*`, `host`, `.host`, `*.host`, each with or without `:port`. A name covers its subdomains, an address only itself. */
function covers(entry: string, url: URL, defaultPort: string): boolean {
  const [, name = "", port] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(entry) ?? [undefined, entry];
  if (port !== undefined && port !== (url.port || defaultPort)) return false;
  if (name === "*") return true;
  const hostname = url.hostname.replace(/\.$/, "");
  const suffix = name.replace(/^\*?\./, "");
  if (hostname.replace(/^\[|\]$/g, "") === suffix.replace(/^\[|\]$/g, "")) return !name.startsWith("*");
  return suffix !== "" && hostname.endsWith(`.${suffix}`);
}
