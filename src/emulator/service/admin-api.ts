/** The admin API of one emulator: finds the tenant, checks the caller, and sends calls through the pipeline. */
import type { Tenant } from "../tenant.ts";
import { findTenant, type World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { batchReply, readBatch, readTarget, type BatchItem } from "./batch.ts";
import type { Place, PreparedCall } from "./call.ts";
import { discovery } from "./discovery.ts";
import { replyHeaders } from "./headers.ts";
import { pageOf, pass, type Flight, type Outcome, type PipelineRequest } from "./pipeline.ts";
import { prepare, responderOf } from "./prepare.ts";
import { plainError, unauthorized, type Responder } from "./refusals.ts";
import { Tokens, type Caller } from "./tokens.ts";
import type { Fault } from "../profile/faults.ts";

/** A reply with what is to happen to it on its way. */
export interface Reply {
  readonly answer: Answer;
  /** Fault of the delivery. */
  readonly fault: Fault | undefined;
  /** Ledger numbers of the calls it answers. */
  readonly entries: readonly number[];
}

export class AdminApi {
  readonly #world: World;
  readonly #tokens: Tokens;
  readonly #count: (calls: number) => void;

  /** @param count told how many calls begin, and as a negative number how many end */
  constructor(world: World, count: (calls: number) => void) {
    this.#world = world;
    this.#count = count;
    this.#tokens = new Tokens(world.key);
  }

  /** @param hangUp drops the caller's connection */
  async answer(place: Place, hangUp: () => void): Promise<Reply> {
    const world = this.#world;
    const by = responderOf(world, place);
    const target = readTarget(place.path);
    const tenant = target && findTenant(world, target.segment);
    if (!target) return reply(plainError(404, "An server side error occured.", by));
    if (!tenant) return reply(unauthorized("invalid", by, world.now()));
    const caller = this.#tokens.check(
      place.headers["authorization"],
      tenant.access.tenantId,
      place.origin,
      world.now(),
    );
    const finish = (answer: Answer, more?: Partial<Reply>): Reply => ({
      ...reply({
        ...answer,
        headers: {
          ...answer.headers,
          ...replyHeaders(world, tenant, typeof caller === "string" ? undefined : caller, by.server),
        },
      }),
      ...more,
    });
    if (typeof caller === "string") return finish(unauthorized(caller, by, world.now()));
    const resource = target.resource.toLowerCase();
    if (resource === "invokecommand") {
      const refused = methodRefusal(target.version, place.method, by, cursorIn(place));
      return refused
        ? finish(refused)
        : finishWith(finish, await this.#single(tenant, caller, place, by, hangUp));
    }
    if (resource === "$batch" || resource === "%24batch") {
      if (place.method !== "POST") return finish(plainError(405, "The method is not allowed.", by));
      return finishWith(finish, await this.#batch(tenant, caller, place, by, hangUp));
    }
    return finish(discovery(world, tenant, caller, target, place, by));
  }

  async #single(
    tenant: Tenant,
    caller: Caller,
    place: Place,
    by: Responder,
    hangUp: () => void,
  ): Promise<Reply> {
    const call = prepare(this.#world, this.#tokens, tenant, place, false);
    const flights = this.#board(tenant, [call], 0);
    const outcome = await this.#pass({ tenant, caller, by, flights, isBatch: false, hangUp });
    const answer = outcome.whole ?? outcome.answers[0] ?? plainError(503, "The service is unavailable.", by);
    return this.#close(flights, outcome, answer);
  }

  async #batch(
    tenant: Tenant,
    caller: Caller,
    place: Place,
    by: Responder,
    hangUp: () => void,
  ): Promise<Reply> {
    const world = this.#world;
    const { quirks } = world.profile.get();
    const items = readBatch(place);
    if ("mistake" in items) return reply(plainError(400, items.mistake, by));
    if (items.length > quirks.maxBatchItems)
      return reply(
        plainError(
          400,
          `The number of requests in the batch, ${items.length}, exceeds the limit of ${quirks.maxBatchItems}.`,
          by,
        ),
      );
    const calls = items.map((item) => this.#prepareItem(tenant, item));
    const flights = this.#board(tenant, calls, items.length);
    const outcome = await this.#pass({ tenant, caller, by, flights, isBatch: true, hangUp });
    if (outcome.whole) return this.#close(flights, outcome, outcome.whole);
    const answered = items.flatMap(({ id }, at) => {
      const answer = outcome.answers[at];
      const flight = flights[at];
      return answer && flight ? [{ id, answer, fault: flight.fault, writes: flight.call.writes }] : [];
    });
    const failure = quirks.partialBatchFailure
      ? undefined
      : outcome.answers.find((answer) => answer.status >= 400);
    return this.#close(flights, outcome, failure ?? batchReply(world, answered));
  }

  async #pass(request: PipelineRequest): Promise<Outcome> {
    this.#count(request.flights.length);
    try {
      return await pass(this.#world, this.#tokens, request);
    } finally {
      this.#count(-request.flights.length);
    }
  }

  #prepareItem(outer: Tenant, item: BatchItem): PreparedCall {
    const world = this.#world;
    const tenant = item.target && findTenant(world, item.target.segment);
    const by = responderOf(world, item.place);
    const refused =
      item.target?.resource.toLowerCase() !== "invokecommand"
        ? plainError(404, "An server side error occured.", by)
        : (methodRefusal(item.target.version, item.place.method, by, cursorIn(item.place)) ??
          (tenant ? undefined : unauthorized("invalid", by, world.now())));
    const call = prepare(world, this.#tokens, tenant ?? outer, item.place, true);
    return refused ? { ...call, ready: undefined, answer: refused } : call;
  }

  /** Writes the calls into the ledger and asks which of them are to fail. */
  #board(tenant: Tenant, calls: readonly PreparedCall[], batch: number): Flight[] {
    const world = this.#world;
    const request = world.ledger.nextRequest();
    const { faults } = world.profile.get();
    return calls.map((call, position) => {
      const { tenantId } = (call.ready?.tenant ?? tenant).access;
      const n = world.ledger.arrived({
        atMs: world.now(),
        tenantId,
        tokenTenantId: call.tokenTenantId,
        cmdlet: call.cmdlet,
        subject: call.subject,
        request,
        position,
        batch,
        clientRequestId: call.place.headers["client-request-id"],
        connectionId: call.place.headers["connection-id"],
        page: pageOf(world, call),
      });
      const scripted = world.faults.scripted(faults, { ...call, tenantId });
      const fault = scripted ?? (batch > 0 ? world.faults.byRate(faults, "item", call.writes) : undefined);
      return { call, n, fault };
    });
  }

  /** Notes every call's own status, and hands the reply over. */
  #close(flights: readonly Flight[], outcome: Outcome, answer: Answer): Reply {
    flights.forEach(({ n }, at) => {
      this.#world.ledger.answered(n, outcome.whole?.status ?? outcome.answers[at]?.status ?? 0);
    });
    return { answer, fault: outcome.fault, entries: flights.map(({ n }) => n) };
  }
}

function reply(answer: Answer): Reply {
  return { answer, fault: undefined, entries: [] };
}

function finishWith(finish: (answer: Answer, more?: Partial<Reply>) => Reply, made: Reply): Reply {
  return finish(made.answer, { fault: made.fault, entries: made.entries });
}

function cursorIn(place: Place): boolean {
  return place.query.has("$skiptoken");
}

/** InvokeCommand lives under beta only, and takes POST; a GET with a cursor is left to the paging rules. */
function methodRefusal(
  version: string,
  method: string,
  by: Responder,
  continues: boolean,
): Answer | undefined {
  if (version === "beta" && (method === "POST" || (method === "GET" && continues))) return undefined;
  if (version !== "beta" && version !== "v1.0") return plainError(404, "An server side error occured.", by);
  return plainError(405, "The requested resource does not support http method.", by);
}
