/** GETs of the resources behind `Get-EXO*`: prepared, and answered in OData's own forms (`exo-protocol.md` 1.4, 2.3, 8.4). */
import type { CmdletFailure, CmdletRequest } from "../cmdlet.ts";
import { readResource } from "../resources/read.ts";
import type { Route } from "../resources/route.ts";
import type { Tenant } from "../tenant.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { Place, PreparedCall, ReadyCall } from "./call.ts";
import { jsonText } from "./encode.ts";
import { plainBody } from "./errors.ts";
import { textOf } from "./failures.ts";
import { itemHeaders } from "./headers.ts";
import { cursorOf, responderOf } from "./prepare.ts";
import { deniedCmdlet, expiredCursor, plainError, unauthorized, type Responder } from "./refusals.ts";
import { controllerOf } from "./servers.ts";
import type { Tokens } from "./tokens.ts";

/** How a resource is answered. */
export interface ResourceStyle {
  readonly context: string;
  readonly one: boolean;
  /** The query without its cursor: a cursor is good for it alone. */
  readonly query: string;
}

export function prepareResource(
  world: World,
  tokens: Tokens,
  tenant: Tenant,
  place: Place,
  route: Route,
): PreparedCall {
  const by = responderOf(world, place);
  const cursor = cursorOf(world, place);
  const { authorization } = place.headers;
  const byName = (): boolean => world.dice.chance("trustee-name", world.profile.get().quirks.trusteeNames);
  const read = readResource(tenant.organisation, route, place.query, byName);
  const facts = {
    cmdlet: "mistake" in read ? "" : read.cmdlet.name,
    subject: undefined,
    writes: false,
    write: undefined,
    place,
    tokenTenantId: tokens.tenantOf(authorization),
    page: cursor === "lost" ? 0 : (cursor?.page ?? 1),
    ready: undefined,
  };
  const caller = tokens.check(authorization, tenant.access.tenantId, place.origin, world.now());
  if (typeof caller === "string") return { ...facts, answer: unauthorized(world, caller, by) };
  if ("mistake" in read) return { ...facts, answer: plainError(400, read.mistake, by) };
  if (cursor === "lost") return { ...facts, answer: expiredCursor(by) };
  if (!caller.groups) return { ...facts, answer: deniedCmdlet(world, by) };
  if (!read.cmdlet.roles.some((role) => caller.groups?.has(role)))
    return { ...facts, answer: notAllowed(read.plain, by) };
  const request: CmdletRequest = {
    parameters: read.parameters,
    spelling: new Map([...read.parameters.keys()].map((name) => [name, name])),
    nowMs: world.now(),
    connectionId: place.headers["connection-id"],
    ...(read.select && { select: read.select }),
  };
  const subject = read.cmdlet.subject(request);
  const ready: ReadyCall = {
    place,
    tenant,
    caller,
    cmdlet: read.cmdlet,
    request,
    confirm: false,
    whatIf: false,
    subject,
    inBatch: false,
    cursor,
    select: undefined,
    resource: { context: read.context, one: read.one, query: queryOf(place) },
    ...by,
  };
  return { ...facts, subject, ready, answer: undefined };
}

/** In the order and the words of the caller. */
function queryOf({ query }: Place): string {
  return [...query]
    .filter(([name]) => name !== "$skiptoken")
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}

/** A role is missing: as recorded, a 401 that names the plain cmdlet. */
function notAllowed(cmdlet: string, by: Responder): Answer {
  const headers = itemHeaders(by.requestId, by.server, 401);
  return { status: 401, headers, body: plainBody(401, `User is not allowed to call ${cmdlet}`) };
}

/** Shape D. What does not exist is told in words that name nothing. */
export function resourceFailure(world: World, failure: CmdletFailure, by: Responder): Answer {
  const { status, text, type } = textOf(failure, controllerOf(by.requestId, world.seed));
  return status === 404
    ? plainError(404, "An server side error occured.", by)
    : plainError(status, text, by, type);
}

/** @param rows JSON texts of the objects */
export function resourceReply(
  world: World,
  call: ReadyCall,
  { context, one }: ResourceStyle,
  rows: readonly string[],
  nextLink: string | undefined,
): Answer {
  const { escapedUnicode } = world.profile.get().quirks;
  const { origin, path } = call.place;
  const headers = itemHeaders(call.requestId, call.server, 200);
  const [row] = rows;
  if (one && row === undefined) {
    delete headers["Content-Type"];
    return { status: 204, headers, body: "" };
  }
  const root = `${origin}${path.split("/").slice(0, 4).join("/")}`;
  const says = `"@odata.context":${jsonText(`${root}/$metadata#${context}`, escapedUnicode)}`;
  if (one && row !== undefined)
    return { status: 200, headers, body: row === "{}" ? `{${says}}` : `{${says},${row.slice(1)}` };
  const next = nextLink === undefined ? "" : `,"@odata.nextLink":${jsonText(nextLink, escapedUnicode)}`;
  return { status: 200, headers, body: `{${says}${next},"value":[${rows.join(",")}]}` };
}

/** The link to the next page has the whole query of this one. */
export function nextOf({ place }: ReadyCall, { query }: ResourceStyle, token: string): string {
  const before = query === "" ? "" : `${query}&`;
  return `${place.origin}${place.path}?${before}%24skiptoken=${encodeURIComponent(token)}`;
}
