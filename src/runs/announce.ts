/** Says, as long as a process lives, that it does. */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Presence } from "../queue/index.ts";

const ANNOUNCE_MS = 2_000;
/** Longest a stopping process waits for Redis to hear that it leaves. */
const LEAVE_MS = 500;

/** Names one worker of one process. */
export function newWorkerId(): string {
  return `${hostname().slice(0, 20)}-${process.pid}-${randomBytes(3).toString("hex")}`;
}

export interface Announced {
  /** Says it no more: soon it is taken for gone. */
  hush(): void;
  /** Has it forgotten at once. */
  leave(): Promise<void>;
}

export function announce(presence: Presence, id: string, role: string): Announced {
  const say = (): void => {
    presence.announce(id, role).catch(() => undefined); // Without Redis nobody could read it either.
  };
  say();
  const heartbeat = setInterval(say, ANNOUNCE_MS);
  const hush = (): void => clearInterval(heartbeat);
  return {
    hush,
    async leave() {
      hush();
      // Without Redis it is forgotten by itself.
      await Promise.race([presence.leave(id).catch(() => undefined), sleep(LEAVE_MS)]);
    },
  };
}
