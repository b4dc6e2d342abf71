/** A failed cmdlet as an answer: the shape, encoding and wrapping the profile's quirks choose. */
import type { CmdletFailure } from "../cmdlet.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import { codeOf, failureBody, wrapInProxy, type DetailEncoding, type ErrorStyle } from "./errors.ts";
import { textOf, type FailureText } from "./failures.ts";
import { itemHeaders } from "./headers.ts";
import type { Responder } from "./refusals.ts";
import { controllerOf, fullName } from "./servers.ts";

export function failed(world: World, failure: CmdletFailure, cmdlet: string, by: Responder): Answer {
  const { quirks } = world.profile.get();
  const controller = controllerOf(quirks.changingControllers ? by.requestId : "always", world.seed);
  const plain = textOf(failure, controller);
  const style = styleOf(world, plain, failure.subject);
  const notFound = failure.kind === "not-found" || failure.kind === "argument-not-found";
  // Without details only the status says what happened: then it stays.
  const as400 =
    notFound && style.encoding !== "missing" && world.dice.chance("not-found-as-400", quirks.notFoundAs400);
  const status = as400 ? 400 : plain.status;
  const wrapped = notFound && world.dice.chance("proxy", quirks.proxyWrapping);
  const text = wrapped
    ? wrapInProxy(plain, failureBody(plain, status, style), {
        cmdlet,
        server: fullName(by.server),
        requestId: by.requestId,
        date: new Date(world.now()).toUTCString(),
      })
    : plain;
  const body = failureBody(text, status, wrapped ? { ...style, encoding: "pipe" } : style);
  return { status, headers: errorHeaders(by, status, text), body };
}

/** A transient trouble under a name clients know, on a 400 (quirk 16). */
export function transientOn400(world: World, by: Responder): Answer {
  const name = world.dice.pick("transient-name", [
    "Microsoft.Exchange.Data.Storage.StorageTransientException",
    "Microsoft.Exchange.Data.Directory.DCOverloadedException",
    "Microsoft.Exchange.Data.Directory.SuitabilityDirectoryException",
    "Microsoft.Exchange.Data.Directory.ADServerSettingsChangedException",
    "Microsoft.Exchange.Data.Storage.ServerInMMException",
  ]);
  const text: FailureText = {
    status: 400,
    errorId: "Ex7C2A11",
    type: name,
    text: "The server is busy right now. Please try again later.",
    shape: "cmdlet",
  };
  const style: ErrorStyle = { encoding: "pipe", generic: true, target: "", escapedUnicode: true };
  return { status: 400, headers: errorHeaders(by, 400, text), body: failureBody(text, 400, style) };
}

function errorHeaders(by: Responder, status: number, text: FailureText): Record<string, string> {
  return {
    ...itemHeaders(by.requestId, by.server, status),
    "X-ExceptionType": text.type.slice(text.type.lastIndexOf(".") + 1),
    "x-ExceptionTargetType": codeOf(status),
  };
}

const ENCODINGS = ["pipe", "pipe-without-id", "json", "missing"] as const satisfies readonly DetailEncoding[];

function styleOf(world: World, text: FailureText, subject: string): ErrorStyle {
  const { quirks } = world.profile.get();
  const encoding = ENCODINGS.find((known) => known === quirks.detailEncodings) ?? rotated(world, text);
  return {
    encoding,
    generic: quirks.genericMessage,
    target: quirks.emptyTargets ? "" : subject,
    escapedUnicode: quirks.escapedUnicode,
  };
}

function rotated(world: World, text: FailureText): DetailEncoding {
  if (text.errorId === "") return world.dice.chance("details/json", 0.2) ? "json" : "pipe-without-id";
  const roll = world.dice.roll("details");
  if (roll < 0.85) return "pipe";
  if (roll < 0.9) return "pipe-without-id";
  return roll < 0.95 ? "json" : "missing";
}
