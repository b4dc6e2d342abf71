/** The front door of some tenants: sends callers to a region host first, with a cookie that keeps them there (quirk 25). */
import type { IncomingMessage } from "node:http";

const COOKIE = "RouteAffinity";

/**
 * Where a request has to go first; undefined when it may stay. The region host is this machine under its other name,
 * so that a client which drops or keeps `Authorization` by host shows it.
 */
export function redirectOf(
  form: string,
  request: IncomingMessage,
): { readonly location: string; readonly cookie: string } | undefined {
  if (form === "none") return undefined;
  const hops = Number(new RegExp(`${COOKIE}=(\\d+)`).exec(request.headers.cookie ?? "")?.[1] ?? 0);
  const wanted = { redirect: 1, "two-hops": 2 }[form] ?? Number.POSITIVE_INFINITY;
  if (hops >= wanted) return undefined;
  const [host = "", port = "80"] = (request.headers.host ?? "").split(":");
  const other = host === "localhost" ? "127.0.0.1" : "localhost";
  return {
    location: `http://${other}:${port}${request.url ?? "/"}`,
    cookie: `${COOKIE}=${hops + 1}; path=/; HttpOnly`,
  };
}
