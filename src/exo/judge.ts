/** From the end of one request to what became of each of its calls. Pure. */
import { repliesOf } from "./batch-reply.ts";
import type { Call } from "./call.ts";
import { claimsOf } from "./challenge.ts";
import { LOST_ITEM, classify } from "./classify.ts";
import type { Classified, Reply } from "./verdict.ts";
import type { Outcome, Round } from "./lesson.ts";
import { rateReading, retryAfterMs } from "./pacing-headers.ts";
import type { WireRequest } from "./request.ts";
import { planted } from "../test-points.ts";

/** What a missing item would be if it were taken for a cmdlet that found nothing. */
const NOTHING: Reply = { status: 200, headers: {}, body: { kind: "json", value: { value: [] } } };

/** What became of one call. */
export interface Result {
  readonly call: Call;
  readonly outcome: Outcome;
  /** The service's id of the answer, else ours of the question. */
  readonly requestId: string | undefined;
}

export interface Judgement {
  /** In the order the calls were sent. */
  readonly results: readonly Result[];
  /** One answer, or one failure, for all of them. */
  readonly whole: boolean;
  readonly status: number | undefined;
  readonly rate: Round["rate"];
  /** What the service wants a new token to satisfy. */
  readonly claims: string | undefined;
}

/**
 * @param end the reply, or what became of a request that got none
 * @param lastPassAtMs when a call of this tenant got through last
 */
export function judge(
  calls: readonly Call[],
  request: WireRequest,
  end: Reply | Classified,
  nowMs: number,
  lastPassAtMs: number,
): Judgement {
  if ("verdict" in end) {
    const results = calls.map((call, place) =>
      resultOf(call, end, undefined, sentId(request, place), nowMs, lastPassAtMs),
    );
    return { results, whole: true, status: undefined, rate: undefined, claims: undefined };
  }
  const items =
    request.items === undefined
      ? undefined
      : repliesOf(
          end,
          request.items.map(({ id }) => id),
        );
  const lost = planted("ignore-missing-item")
    ? classify(NOTHING, { continuation: false, batch: false })
    : LOST_ITEM;
  const results = calls.map((call, place) => {
    const reply = items === undefined ? end : items[place];
    const context = {
      continuation: call.target.kind === "link",
      batch: request.items !== undefined && items === undefined,
      resource: call.resource?.kind,
    };
    const classified = reply === undefined ? lost : classify(reply, context);
    return resultOf(call, classified, reply ?? withoutBody(end), sentId(request, place), nowMs, lastPassAtMs);
  });
  const challenges = [end, ...(items ?? [])].map((reply) => claimsOf(reply?.headers["www-authenticate"]));
  return {
    results,
    whole: items === undefined,
    status: end.status,
    rate: rateReading(end.headers, nowMs),
    claims: challenges.find((claims) => claims !== undefined),
  };
}

function resultOf(
  call: Call,
  classified: Classified,
  reply: Reply | undefined,
  ours: string | undefined,
  nowMs: number,
  lastPassAtMs: number,
): Result {
  const headers = reply?.headers ?? {};
  return {
    call,
    outcome: {
      ...classified,
      retryAfterMs: planted("ignore-retry-after") ? undefined : retryAfterMs(headers, nowMs),
      wasBusy: call.history.busy > 0,
      timesRefused: call.history.throttles,
      othersPass: call.history.refusedAtMs !== undefined && lastPassAtMs > call.history.refusedAtMs,
    },
    requestId: requestIdOf(headers) ?? ours,
  };
}

/** The envelope speaks for an item it lost, but its pacing headers were not meant for it. */
function withoutBody({ status, headers }: Reply): Reply {
  const id = requestIdOf(headers);
  return { status, headers: id === undefined ? {} : { "request-id": id }, body: { kind: "empty" } };
}

/** Shown to people and put into tickets: only what looks like an id. */
function requestIdOf(headers: Readonly<Record<string, string>>): string | undefined {
  return ["request-id", "x-ms-request-id", "client-request-id"]
    .map((name) => headers[name])
    .find((id) => id !== undefined && /^[\w-]{1,100}$/.test(id));
}

function sentId(request: WireRequest, place: number): string | undefined {
  return (request.items?.[place] ?? request).headers["client-request-id"];
}
