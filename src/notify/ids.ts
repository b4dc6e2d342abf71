/** Ids of deliveries: the same for the same thing told to the same sink, whoever tells it and however often. Pure. */
import { createHash } from "node:crypto";

/** @param about what is told of, such as a run; all of it in the order of importance */
export function deliveryId(sink: string, ...about: readonly (string | number)[]): string {
  const digest = createHash("sha256")
    .update(JSON.stringify([sink, ...about]))
    .digest();
  return `msg_${digest.subarray(0, 18).toString("base64url")}`;
}
