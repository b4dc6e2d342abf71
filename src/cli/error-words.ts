/** An error in the words of `reliability-ux-security.md` B.2: what happened, to whom, the request id, what to do next. */
import { inspect } from "node:util";
import { DISCOVERY, ExoError } from "../exo/index.ts";
import { RunOpenError } from "../journal/index.ts";
import { errorCode } from "./error-code.ts";

const WRITABLE_PLACE = "use a place you may write to, for example with --data DIR";

/**
 * One message of a few lines, without any stack.
 * @param debug adds everything known of the error
 */
export function wordsFor(error: unknown, debug: boolean): string {
  const lines = [`error: ${error instanceof Error ? error.message : String(error)}`];
  if (error instanceof ExoError && error.requestId !== undefined)
    lines.push(`  request id: ${error.requestId} (for a support ticket)`);
  const advice = adviceFor(error);
  if (advice !== "")
    lines.push(`  next: ${advice.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase())}`);
  if (debug) lines.push(inspect(error, { depth: 4, colors: false }));
  return lines.join("\n");
}

function adviceFor(error: unknown): string {
  if (error instanceof RunOpenError)
    return `look at it with "exosweep runs show ${error.run}", or end it with "exosweep runs cancel ${error.run}"`;
  if (error instanceof ExoError) return exoAdvice(error);
  if (error instanceof Error && "advice" in error && typeof error.advice === "string") return error.advice;
  const code = errorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT")
    return "free some disk space and run the command again; what was recorded so far is safe";
  if (code === "EACCES" || code === "EPERM") return WRITABLE_PLACE;
  // Of a disk that is mounted read-only Node says only that a directory is not there.
  if (error instanceof Error && "syscall" in error && error.syscall === "mkdir")
    return `check that its disk is there and mounted writable, or ${WRITABLE_PLACE}`;
  if (code === "EADDRINUSE") return "choose another --port, or stop what listens there";
  if (code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "ETIMEDOUT")
    return "check the address, the network and HTTPS_PROXY, then run the command again";
  if (error instanceof Error && error.name === "SettingsError")
    return "correct the file and run the command again";
  return 'run the command again with --debug for more, and report it with "exosweep --version"';
}

function exoAdvice(error: ExoError): string {
  if (error.cmdlet === DISCOVERY) return discoveryAdvice(error);
  switch (error.kind) {
    case "unauthorized":
    case "forbidden":
      return 'see which cmdlets the app may run, and which role is missing, with "exosweep tenants test"';
    case "network":
    case "timeout":
    case "not-sent":
      return "check the network and HTTPS_PROXY, then run the command again";
    case "throttled":
    case "mailbox-busy":
    case "server-error":
    case "transient":
      return "the service is busy: wait some minutes, then run the command again";
    case "not-found":
    case "ambiguous-identity":
      return "name the object by its primary address or GUID";
    case "bad-request":
      return "check the names and values of the parameters";
    case "refused-here":
      return "correct what was asked for; nothing was sent";
    case "wrong-identity":
    case "cursor-expired":
    case "incomplete":
    case "malformed":
    case "too-large":
    case "unsafe-link":
    case "stopped":
    case "other":
      return "run the command again with --debug for more";
  }
}

function discoveryAdvice({ kind }: ExoError): string {
  if (kind === "forbidden" || kind === "unauthorized")
    return "give the app the permission Exchange.ManageAsApp and a role, for example Global Reader; a new role shows within an hour";
  return "run the command again; runs do without this list and try each cmdlet on one mailbox";
}
