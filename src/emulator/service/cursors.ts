/** Cursors of listings under way: bound to anchor, connection and body, good for a while (`exo-protocol.md` 6.3, 6.4). */
import { randomBytes } from "node:crypto";
import type { WireRow } from "../cmdlet.ts";

export interface Cursor {
  /** Where the listing goes on; opaque; empty for its beginning. */
  readonly place: string;
  /** Number of the page the cursor leads to, from 2. */
  readonly page: number;
  readonly tenantId: string;
  readonly affinity: string | undefined;
  /** Body of the request that made it. */
  readonly body: unknown;
  readonly select: ReadonlySet<string> | undefined;
  /** A row of the page before that comes once more. */
  readonly repeat: WireRow | undefined;
  readonly madeAtMs: number;
  /** Failed once on purpose already. */
  struck: boolean;
}

export class Cursors {
  readonly #cursors = new Map<string, Cursor>();

  /** Keeps a cursor and answers its token, which ends in the server's name as the recorded ones do. */
  keep(cursor: Cursor, server: string): string {
    const id = randomBytes(16).toString("hex").toUpperCase();
    this.#cursors.set(id, cursor);
    return `PT1${Buffer.from(`${id}\\${server}`).toString("base64")}`;
  }

  /** The cursor of a token, if it was ever made and is not older than `lifetimeMs`. It may be used again: a reply can get lost. */
  find(token: string, nowMs: number, lifetimeMs: number): Cursor | undefined {
    this.#forget(nowMs, lifetimeMs);
    const [id = ""] = Buffer.from(token.slice(3), "base64").toString("latin1").split("\\");
    return this.#cursors.get(id);
  }

  #forget(nowMs: number, lifetimeMs: number): void {
    for (const [id, cursor] of this.#cursors) {
      if (nowMs - cursor.madeAtMs <= lifetimeMs) return;
      this.#cursors.delete(id);
    }
  }
}

/** What a cursor is bound to; undefined when the caller gave no usable anchor: then every call lands somewhere else. */
export function affinityOf(anchor: string | undefined, connectionId: string | undefined): string | undefined {
  if (anchor === undefined || !/^((UPN|APP|SMTP|MBX):.*@.+|TID:.+|[^:@\s]+@[^:@\s]+)$/i.test(anchor.trim()))
    return undefined;
  return `${anchor.trim().toLowerCase()}\n${connectionId ?? ""}`;
}
