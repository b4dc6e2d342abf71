/** One answer of the admin API, before it becomes bytes: of a request, or of one item of a batch. */

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, another text, or bytes; empty for no body. */
  readonly body: string | Buffer;
}

export const JSON_TYPE =
  "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

export function isJson(answer: Answer): boolean {
  return answer.headers["Content-Type"]?.startsWith("application/json") === true;
}
