/** The admin API of one emulator: finds the tenant, checks the caller, and sends calls through the pipeline. */
import type { Fault } from "../profile/faults.ts";
import { routeOf, type Route } from "../resources/route.ts";
import type { Tenant } from "../tenant.ts";
import { findTenant, type World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { batchReply, readBatch, readTarget, type BatchItem, type BatchReply } from "./batch.ts";
import type { Place, PreparedCall } from "./call.ts";
import { doubtOf } from "./doubt.ts";
import { discovery } from "./discovery.ts";
import type { Flight } from "./execute.ts";
import { replyHeaders } from "./headers.ts";
import { pass, type Outcome } from "./pipeline.ts";
import { prepare, responderOf } from "./prepare.ts";
import { plainError, unauthorized, type Responder } from "./refusals.ts";
import { prepareResource } from "./resource.ts";
import { Tokens, type Caller, type TokenRefusal } from "./tokens.ts";

/** A reply with what is to happen to it on its way. */
export interface Reply {
  readonly answer: Answer;
  /** Fault of the delivery. */
  readonly fault: Fault | undefined;
  /** Ledger numbers of the calls whose own answers, or refusals, it brings. */
  readonly entries: readonly number[];
}

/** Requests that carry calls, and their calls. */
export interface InFlight {
  readonly requests: number;
  readonly calls: number;
  /** Writes whose callers have given up and that will be executed later. */
  readonly late: number;
}

/** A request for calls: one alone, or the items of a batch. */
interface CallRequest {
  readonly tenant: Tenant;
  readonly caller: Caller | TokenRefusal;
  readonly place: Place;
  readonly by: Responder;
  readonly items: readonly BatchItem[] | undefined;
  readonly hangUp: () => void;
}

export class AdminApi {
  readonly #world: World;
  readonly #tokens: Tokens;
  #requests = 0;
  #calls = 0;

  constructor(world: World) {
    this.#world = world;
    this.#tokens = new Tokens(world.key);
  }

  /** What is being worked on at this moment. */
  get inFlight(): InFlight {
    return { requests: this.#requests, calls: this.#calls, late: this.#world.late.waiting };
  }

  /** @param hangUp drops the caller's connection */
  async answer(place: Place, hangUp: () => void): Promise<Reply> {
    const world = this.#world;
    const by = responderOf(world, place);
    const target = readTarget(place.path);
    if (!target) return reply(noSuchAddress(by));
    const tenant = findTenant(world, target.segment);
    if (!tenant) return reply(unauthorized(world, "invalid", by));
    const { authorization } = place.headers;
    const caller = this.#tokens.check(authorization, tenant.access.tenantId, place.origin, world.now());
    const made = await this.#dispatch(target, { tenant, caller, place, by, items: undefined, hangUp });
    // A gateway that cannot reach the service knows nothing of its headers.
    if (made.answer.headers["OData-Version"] === undefined) return made;
    const more = replyHeaders(world, tenant, typeof caller === "string" ? undefined : caller, by.server);
    return { ...made, answer: { ...made.answer, headers: { ...made.answer.headers, ...more } } };
  }

  async #dispatch(target: NonNullable<BatchItem["target"]>, request: CallRequest): Promise<Reply> {
    const { tenant, caller, place, by } = request;
    const resource = target.resource.toLowerCase();
    if (resource === "invokecommand") {
      const refused = invokeRefusal(target.version, place, by);
      return refused ? reply(refused) : this.#serve(request);
    }
    if (resource === "$batch" || resource === "%24batch") {
      if (place.method !== "POST" || target.version !== "beta") return reply(wrongMethod(by));
      const items = readBatch(place);
      if ("mistake" in items) return reply(plainError(400, items.mistake, by));
      const { maxBatchItems: most } = this.#world.profile.get().quirks;
      if (items.length <= most) return this.#serve({ ...request, items });
      const text = `The number of requests in the batch, ${items.length}, exceeds the limit of ${most}.`;
      return reply(plainError(400, text, by));
    }
    const route = isResourceVersion(target.version) ? routeOf(target.resource) : undefined;
    if (route) return place.method === "GET" ? this.#serve(request, route) : reply(wrongMethod(by));
    if (typeof caller === "string") return reply(unauthorized(this.#world, caller, by));
    const answered = reply(discovery(this.#world, tenant, caller, target, place, by));
    const isSilent =
      this.#world.profile.get().quirks.discovery === "silent" && /^EXOModuleFile$/i.test(target.resource);
    return isSilent ? { ...answered, fault: { kind: "no-reply" } } : answered;
  }

  /** @param route of a resource that is read in place of a cmdlet */
  async #serve(request: CallRequest, route?: Route): Promise<Reply> {
    const { tenant, caller, place, by, items, hangUp } = request;
    const calls = items?.map((item) => this.#prepareItem(tenant, item)) ?? [
      route
        ? prepareResource(this.#world, this.#tokens, tenant, place, route)
        : prepare(this.#world, this.#tokens, tenant, place, false),
    ];
    const flights = this.#board(tenant, calls, items?.length ?? 0);
    if (typeof caller === "string")
      return this.#close(flights, {
        whole: unauthorized(this.#world, caller, by),
        answers: [],
        fault: undefined,
      });
    this.#requests += 1;
    this.#calls += flights.length;
    try {
      const isBatch = items !== undefined;
      const outcome = await pass(this.#world, this.#tokens, { tenant, caller, by, flights, isBatch, hangUp });
      return this.#close(flights, outcome, items && this.#batchAnswer(items, flights, outcome, by));
    } finally {
      this.#requests -= 1;
      this.#calls -= flights.length;
    }
  }

  #prepareItem(outer: Tenant, item: BatchItem): PreparedCall {
    const world = this.#world;
    const tenant = item.target && findTenant(world, item.target.segment);
    const by = responderOf(world, item.place);
    const call = prepare(world, this.#tokens, tenant ?? outer, item.place, true);
    const refused =
      item.target?.resource.toLowerCase() === "invokecommand"
        ? (invokeRefusal(item.target.version, item.place, by) ??
          (tenant ? undefined : unauthorized(world, "invalid", by)))
        : noSuchAddress(by);
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
        page: call.page,
        ...(call.write && { write: call.write }),
      });
      const fault =
        world.faults.scripted(faults, { ...call, tenantId }) ??
        world.faults.byRate(faults, "item", call.writes);
      const isStruck = call.ready && call.writes && fault === undefined;
      const doubt = isStruck ? doubtOf(world, { cmdlet: call.cmdlet, n }, batch > 0) : undefined;
      return { call, n, fault, doubt };
    });
  }

  #batchAnswer(
    items: readonly BatchItem[],
    flights: readonly Flight[],
    outcome: Outcome,
    by: Responder,
  ): BatchReply {
    const answered = items.flatMap(({ id }, at) => {
      const [done, flight] = [outcome.answers[at], flights[at]];
      if (!done || !flight || done.lost === "missing-item") return [];
      const { n, fault, call } = flight;
      return [{ id, answer: done.answer, fault, n, cmdlet: call.cmdlet, writes: call.writes }];
    });
    const failure = outcome.answers.find(({ answer }) => answer.status >= 400)?.answer;
    const together = this.#world.profile.get().quirks.partialBatchFailure ? undefined : failure;
    return together
      ? { answer: together, entries: flights.map(({ n }) => n) }
      : batchReply(this.#world, by, answered);
  }

  /**
   * Notes every call's own status, and hands the reply over. A call that was not carried out has none, unless all of the request was refused;
   * and what a gateway says after the calls were carried out is the answer of none.
   */
  #close(flights: readonly Flight[], outcome: Outcome, batch?: BatchReply): Reply {
    const { whole, answers, fault } = outcome;
    flights.forEach(({ n }, at) => {
      const own = answers[at];
      if (own?.isReal !== false) this.#world.ledger.answered(n, own?.answer.status ?? whole?.status ?? 0);
    });
    const numbers = flights.map(({ n }) => n);
    if (whole) return { answer: whole, fault, entries: answers.length > 0 ? [] : numbers };
    if (batch) return { ...batch, fault };
    const nothing = { status: 503, headers: {}, body: "" };
    return { answer: answers[0]?.answer ?? nothing, fault, entries: numbers };
  }
}

/** The module reads resources under v1.0, others under beta. */
function isResourceVersion(version: string): boolean {
  return version === "v1.0" || version === "beta";
}

function reply(answer: Answer): Reply {
  return { answer, fault: undefined, entries: [] };
}

function noSuchAddress(by: Responder): Answer {
  return plainError(404, "An server side error occured.", by);
}

function wrongMethod(by: Responder): Answer {
  return plainError(405, "The requested resource does not support http method.", by);
}

/** InvokeCommand lives under beta only, and takes POST; a GET with a cursor is left to the paging rules. */
function invokeRefusal(version: string, place: Place, by: Responder): Answer | undefined {
  const continues = place.method === "GET" && place.query.has("$skiptoken");
  if (version === "beta") return place.method === "POST" || continues ? undefined : wrongMethod(by);
  return version === "v1.0" ? wrongMethod(by) : noSuchAddress(by);
}
