/** Headers of a reply, as recorded (`exo-protocol.md` 3.3). */
import type { Caller } from "./tokens.ts";
import { JSON_TYPE } from "./answer.ts";
import { fullName } from "./servers.ts";
import { shareOf } from "../random.ts";
import type { Tenant } from "../tenant.ts";
import type { World } from "../world.ts";

/** Headers of every item and every reply. */
export function itemHeaders(requestId: string, server: string, status: number): Record<string, string> {
  return {
    "Content-Type": JSON_TYPE,
    "OData-Version": "4.0",
    "Preference-Applied": 'odata.include-annotations="*"',
    "request-id": requestId,
    "X-CalculatedBETarget": fullName(server),
    "X-BackendHttpStatus": `${status},${status}`,
  };
}

/** Headers only a whole reply has. */
export function replyHeaders(
  world: World,
  tenant: Tenant,
  caller: Caller | undefined,
  server: string,
): Record<string, string> {
  const frontEnd = `${server.slice(0, 4)}265CA0001`;
  const appId = caller?.appId ?? "";
  const others = Math.max(0, tenant.throttle.inFlight - 1);
  return {
    "Cache-Control": "no-cache",
    Vary: "Accept-Encoding",
    Server: "Microsoft-HTTPAPI/2.0",
    "X-CalculatedFETarget": fullName(frontEnd),
    "X-FEServer": frontEnd,
    ...rateHeaders(world, tenant, server),
    "X-ConcurrencyCount": String(others),
    "X-CombinedAppOnlyConcurrencyCount": String(Math.max(0, tenant.throttle.inFlightOf(appId) - 1)),
    "X-ExchangeVersion": "Version 15.20 (Build 8901.0)",
    "X-UserType": "Business",
    OrganizationStatus: "Active",
    "Restrict-Access-Confirm": "1",
    "x-ms-appid": appId,
    "X-Proxy-RoutingCorrectness": "1",
    "X-Proxy-BackendServerStatus": "200",
    "MS-CV": "hA1tM2b3VkGQ7cHn5c9vLw.1.1",
    "Alt-Svc": 'h3=":443";ma=2592000,h3-29=":443";ma=2592000',
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
    "Access-Control-Allow-Origin": "*",
  };
}

function rateHeaders(world: World, tenant: Tenant, server: string): Record<string, string> {
  const profile = world.profile.get();
  const state = tenant.throttle.rateState(profile, world.clock.now());
  if (!state || shareOf(`rate-headers/${server}`, world.seed) < profile.quirks.rateHeadersMissing) return {};
  return {
    "Rate-Limit-Limit": String(Math.round(state.limit)),
    "Rate-Limit-Remaining": String(state.remaining),
    "Rate-Limit-Reset": new Date(world.now() + world.clock.real(state.resetMs)).toISOString(),
  };
}
