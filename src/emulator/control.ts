/** The emulator's back door, `/__emulator/…`: for tests and demonstrations, never for a client. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GRANTOR_SORTS, type GrantorSort } from "./cmdlet.ts";
import type { LedgerEntry } from "./ledger.ts";
import { factLines } from "./fact-lines.ts";
import { decoded, urlOf } from "./receive.ts";
import { ProfileError, readScript } from "./profile/read.ts";
import { isDirectoryRole } from "./roles.ts";
import type { InFlight } from "./service/admin-api.ts";
import { findTenant, type World } from "./world.ts";

/** Answers one request below `/__emulator/`. */
export async function control(
  world: World,
  inFlight: InFlight,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const url = urlOf(request);
  const [, , resource = "", id = "", part = ""] = url.pathname.split("/");
  const route = `${request.method ?? "GET"} ${[resource, id && (resource === "ledger" ? id : "*"), part].filter(Boolean).join("/")}`;
  try {
    switch (route) {
      case "GET ledger":
        return await sendLines(response, ledgerLines(world, url.searchParams));
      case "GET ledger/summary":
        return sendJson(response, 200, world.ledger.summary());
      case "GET tenants":
        return sendJson(
          response,
          200,
          world.tenants.map((tenant) => tenant.access),
        );
      case "GET tenants/*/truth":
        return await sendLines(
          response,
          tenantOf(world, id).organisation.truth(readSorts(url.searchParams.getAll("of"))),
        );
      case "GET tenants/*/group-access":
        return await sendLines(
          response,
          tenantOf(world, id).organisation.groupAccess(readSorts(url.searchParams.getAll("of"))),
        );
      case "GET tenants/*/mailboxes":
        return await sendLines(response, tenantOf(world, id).organisation.mailboxFacts());
      case "GET tenants/*/facts": {
        const asked = url.searchParams.getAll("of");
        return await sendLines(
          response,
          factLines(tenantOf(world, id), asked.length > 0 ? asked : undefined),
        );
      }
      case "POST tenants/*/facts":
        return await sendLines(response, factLines(tenantOf(world, id), readIdentities(parse(body))));
      case "GET tenants/*/ledger":
        return await sendLines(response, ledgerLines(world, url.searchParams, tenantOf(world, id)));
      case "GET tenants/*/writes":
        return await sendLines(response, world.ledger.writes(tenantOf(world, id).access.tenantId));
      case "GET tenants/*/targets":
        return await sendLines(response, tenantOf(world, id).organisation.targets());
      case "POST tenants/*/removed": {
        const { organisation } = tenantOf(world, id);
        return sendJson(
          response,
          200,
          readIdentities(parse(body)).filter((each) => organisation.remove(each)),
        );
      }
      case "PUT tenants/*/grants": {
        tenantOf(world, id).grant(readGrants(parse(body)), world.now());
        return sendJson(response, 200, {});
      }
      case "GET profile":
        return sendJson(response, 200, world.profile.get());
      case "PUT profile":
        return sendJson(response, 200, world.profile.set(parse(body)));
      case "POST faults":
        world.faults.add(readScript(parse(body)));
        return sendJson(response, 200, {});
      case "DELETE faults":
        world.faults.clear();
        return sendJson(response, 200, {});
      case "GET in-flight":
        return sendJson(response, 200, inFlight);
      default:
        return sendJson(response, 404, {
          error: `Cannot answer ${request.method} ${url.pathname}: no such address`,
        });
    }
  } catch (error) {
    if (!(error instanceof ProfileError || error instanceof SyntaxError || error instanceof ControlError))
      throw error;
    return sendJson(response, 400, { error: error.message });
  }
}

/** `from`: number of the first entry; `limit`: how many; `writes=1`: writes only. */
function ledgerLines(
  world: World,
  asked: URLSearchParams,
  tenant?: World["tenants"][number],
): Iterable<LedgerEntry> {
  const count = (name: string): number | undefined => {
    const value = Number(asked.get(name) ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  return world.ledger.read(count("from"), count("limit"), {
    writesOnly: asked.get("writes") === "1",
    ...(tenant && { tenantId: tenant.access.tenantId }),
  });
}

class ControlError extends Error {}

function tenantOf(world: World, id: string): World["tenants"][number] {
  const tenant = findTenant(world, decoded(id));
  if (!tenant) throw new ControlError(`Cannot find tenant "${id}": see /__emulator/tenants`);
  return tenant;
}

function readIdentities(input: unknown): readonly string[] {
  if (Array.isArray(input) && input.every((item): item is string => typeof item === "string")) return input;
  throw new ControlError("Cannot read this: expected a list of identities");
}

/** `of`, as often as one likes, or with commas; none: what a default run is about. */
function readSorts(asked: readonly string[]): readonly GrantorSort[] | undefined {
  if (asked.length === 0) return undefined;
  return asked
    .flatMap((text) => text.split(","))
    .map((text) => {
      const sort = GRANTOR_SORTS.find((known) => known === text);
      if (sort !== undefined) return sort;
      throw new ControlError(`Cannot tell the truth of "${text}": expected ${GRANTOR_SORTS.join(", ")}`);
    });
}

function readGrants(input: unknown): Parameters<World["tenants"][number]["grant"]>[0] {
  const { appRoles = ["Exchange.ManageAsApp"], directoryRoles = [] } = input as Record<string, unknown>;
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((item) => typeof item === "string");
  if (!texts(appRoles) || !texts(directoryRoles) || !directoryRoles.every(isDirectoryRole))
    throw new ControlError(
      "Cannot grant this: expected { appRoles: [...], directoryRoles: [...] } with known roles",
    );
  return { appRoles, directoryRoles };
}

function parse(body: Buffer): unknown {
  return JSON.parse(body.toString("utf8"));
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" });
  response.end(JSON.stringify(value));
}

/** One JSON text a line, as fast as the reader takes them; a reader who leaves ends it. */
async function sendLines(response: ServerResponse, values: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { "Content-Type": "application/x-ndjson" });
  try {
    await pipeline(Readable.from(lines(values)), response);
  } catch (error) {
    if (!response.destroyed) throw error;
  }
}

/** In pieces worth a write. */
function* lines(values: Iterable<unknown>): Generator<string> {
  let text = "";
  for (const value of values) {
    text += `${JSON.stringify(value)}\n`;
    if (text.length < 65_536) continue;
    yield text;
    text = "";
  }
  yield text;
}
