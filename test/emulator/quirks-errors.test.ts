import { afterAll, beforeAll, expect, test } from "vitest";
import { startEmulator, type Emulator } from "../../src/emulator/index.ts";
import { be, benchOf, bodyOf, raw, type Bench, type RawReply } from "./wire.ts";

const ODATA = "Microsoft.Exchange.Admin.OData.Core.ODataServiceException";
const NOT_FOUND = "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException";

let emulator: Emulator;
let bench: Bench;

beforeAll(async () => {
  emulator = await startEmulator({ mailboxes: 40 });
  bench = await benchOf(emulator);
});
afterAll(async () => emulator.stop());

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: readonly { readonly code: string; readonly target: string; readonly message: string }[];
  readonly innererror: {
    readonly message: string;
    readonly type: string;
    readonly internalexception?: { readonly message: string; readonly type: string };
  };
}

const errorOf = (reply: RawReply): ErrorBody => JSON.parse(reply.text).error;
const missing = async (identity = "nobody@nowhere.example"): Promise<RawReply> =>
  bench.invoke("Get-MailboxPermission", { Identity: identity });

test("a missing object is a 404 in shape A, member by member (exo-protocol.md 8.1)", async () => {
  be(emulator);
  const reply = await missing();
  expect(reply.status).toBe(404);
  expect(reply.headers["x-exceptiontype"]).toBe("ManagementObjectNotFoundException");
  const controller = /on '([^']+)'/.exec(errorOf(reply).details?.[0]?.message ?? "")?.[1];
  expect(controller).toMatch(/\.PROD\.OUTLOOK\.COM$/);
  expect(reply.text).toBe(
    '{"error":{"code":"NotFound","message":"Error executing cmdlet",' +
      `"details":[{"code":"Client","target":"","message":"Ex6F9304|${NOT_FOUND}|The operation couldn't be performed because object 'nobody@nowhere.example' couldn't be found on '${controller}'."}],` +
      `"innererror":{"message":"Error executing cmdlet","type":"${ODATA}","stacktrace":"   at Microsoft.Exchange.Admin.OData.Core.ODataServiceException.Throw()",` +
      `"internalexception":{"message":"Exception of type 'Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException' was thrown.","type":"Microsoft.Exchange.Management.PSDirectInvoke.DirectInvokeCmdletExecutionException","stacktrace":""}},` +
      '"adminapi.warnings@odata.type":"#Collection(String)","@adminapi.warnings":[]}}',
  );
});

test("an unknown parameter is named in shape C (exo-protocol.md 8.3)", async () => {
  be(emulator);
  const reply = await bench.invoke("Get-Mailbox", { Identiti: "x" });
  const error = errorOf(reply);
  expect([reply.status, error.code, error.message]).toEqual([400, "BadRequest", "Invalid Operation"]);
  expect(error.innererror.internalexception).toEqual({
    message:
      "Parameter set cannot be resolved using the specified named parameters. Invalid cmdlet parameters specified. Identiti",
    type: "Microsoft.Exchange.AdminApi.CommandInvocation.AmbiguousParameterSetException",
    stacktrace: "",
  });
  expect(error.details?.[0]?.message).toContain("Identiti");
});

test("a bad enum lists all valid members in shape C, without details (exo-protocol.md 8.3)", async () => {
  be(emulator);
  const reply = await bench.invoke("Get-Mailbox", { RecipientTypeDetails: "Zebra" });
  const error = errorOf(reply);
  expect([reply.status, error.message, error.details]).toEqual([400, "Invalid Operation", undefined]);
  expect(error.innererror.internalexception?.type).toBe(
    "Microsoft.Exchange.AdminApi.CommandInvocation.ParameterTransformationException",
  );
  expect(error.innererror.internalexception?.message).toMatch(
    /^Cannot process argument transformation on parameter 'RecipientTypeDetails'\. Cannot convert value "Zebra" to type "[^"]+"\. Error: "Unable to match the identifier name Zebra to a valid enumerator name\. Specify one of the following enumerator names and try again: DiscoveryMailbox, EquipmentMailbox, .*UserMailbox"$/,
  );
});

test("Get-MailboxPermission without an Identity is an Invalid Operation (exo-protocol.md 4.5)", async () => {
  be(emulator);
  const reply = await bench.invoke("Get-MailboxPermission");
  expect([reply.status, errorOf(reply).message]).toEqual([400, "Invalid Operation"]);
});

test("denialBody: an unknown cmdlet is a run of NUL bytes labelled gzip (exo-protocol.md 11, quirk 9)", async () => {
  be(emulator);
  const sizes = new Set<number>();
  for (let n = 0; n < 20; n += 1) {
    const reply = await bench.invoke("Get-Nonsense");
    expect([reply.status, reply.headers["content-encoding"]]).toEqual([403, "gzip"]);
    expect(reply.bytes.every((byte) => byte === 0)).toBe(true);
    expect(reply.headers["x-ms-diagnostics"]).toBe('2000003;reason="role required"');
    sizes.add(reply.bytes.length);
  }
  expect([...sizes].sort((a, b) => a - b)).toEqual([470, 4096]);
  be(emulator, { quirks: { denialBody: "json" } });
  expect(errorOf(await bench.invoke("Get-Nonsense")).code).toBe("Forbidden");
  be(emulator, { quirks: { denialBody: "empty" } });
  expect((await bench.invoke("Get-Nonsense")).bytes).toHaveLength(0);
});

test("clientSideCmdletsRefused: Get-EXO* is the same 403 (exo-protocol.md 11, quirk 64)", async () => {
  be(emulator);
  const reply = await bench.invoke("Get-EXOMailbox", { ResultSize: 1 });
  expect([reply.status, reply.bytes[0]]).toEqual([403, 0]);
  be(emulator, { quirks: { clientSideCmdletsRefused: false } });
  expect((await bench.invoke("Get-EXOMailbox", { ResultSize: 1 })).status).toBe(200);
});

test("mislabelledGzip: plain JSON labelled gzip (exo-protocol.md 11, quirk 10)", async () => {
  be(emulator, { quirks: { mislabelledGzip: 1 } });
  const reply = await missing();
  expect(reply.headers["content-encoding"]).toBe("gzip");
  expect(reply.text.startsWith('{"error":{"code":"NotFound"')).toBe(true);
  be(emulator);
  expect((await missing()).headers["content-encoding"]).toBeUndefined();
});

test("genericMessage: error.message says nothing (exo-protocol.md 11, quirk 11)", async () => {
  be(emulator);
  expect(errorOf(await missing()).message).toBe("Error executing cmdlet");
  be(emulator, { quirks: { genericMessage: false } });
  expect(errorOf(await missing()).message).toContain("nobody@nowhere.example");
});

test("detailEncodings: pipe with id, pipe without, JSON in a string, none at all (exo-protocol.md 11, quirk 12)", async () => {
  const detail = async (detailEncodings: string): Promise<string | undefined> => {
    be(emulator, { quirks: { detailEncodings } });
    return errorOf(await missing()).details?.[0]?.message;
  };
  expect(await detail("pipe")).toMatch(/^Ex6F9304\|Microsoft\.[^|]+\|The operation/);
  expect(await detail("pipe-without-id")).toMatch(/^\|Microsoft\.[^|]+\|The operation/);
  expect(JSON.parse((await detail("json")) ?? "")).toMatchObject({
    Message: expect.stringContaining("nobody@nowhere.example"),
    TypeName: NOT_FOUND,
    StackTrace: null,
    InnerError: null,
  });
  expect(await detail("missing")).toBeUndefined();
  expect(errorOf(await missing()).innererror.internalexception?.type).toBe(NOT_FOUND);
  be(emulator, { quirks: { detailEncodings: "rotate" } });
  const seen = new Set<string>();
  for (let n = 0; n < 80; n += 1)
    seen.add(errorOf(await missing()).details?.[0]?.message.charAt(0) ?? "none");
  expect(seen).toEqual(new Set(["E", "|", "{", "none"]));
});

test("changingControllers: every error names another domain controller, and texts may hold pipes (exo-protocol.md 11, quirk 13)", async () => {
  const controllers = async (): Promise<Set<string | undefined>> => {
    const seen = new Set<string | undefined>();
    for (let n = 0; n < 5; n += 1)
      seen.add(/ on '([^']+)'/.exec(errorOf(await missing("a | 'b'")).details?.[0]?.message ?? "")?.[1]);
    return seen;
  };
  be(emulator);
  expect((await controllers()).size).toBe(5);
  be(emulator, { quirks: { changingControllers: false } });
  expect((await controllers()).size).toBe(1);
  expect(errorOf(await missing("a | 'b'")).details?.[0]?.message.split("|")).toHaveLength(4);
});

test("proxyWrapping: the real cause is a JSON text inside the text (exo-protocol.md 11, quirk 14)", async () => {
  be(emulator, { quirks: { proxyWrapping: 1 } });
  const message = errorOf(await missing()).details?.[0]?.message ?? "";
  expect(message).toMatch(
    /^\|Microsoft\.Exchange\.Configuration\.CmdletProxyException\|Error on proxy command '.+' to server \S+: Server version \S+, Proxy method PSWS: {2}NotFound: Error executing cmdlet : \{.+\} \[Server=[^,]+,RequestId=[0-9a-f-]+,TimeStamp=[^\]]+\] \.$/s,
  );
  const inner = JSON.parse(/: (\{.+\}) \[Server=/s.exec(message)?.[1] ?? "");
  expect(inner.error.details[0].message).toContain(NOT_FOUND);
});

test("notFoundAs400: a missing object may be a 400 (exo-protocol.md 11, quirk 15)", async () => {
  be(emulator, { quirks: { notFoundAs400: 1 } });
  const reply = await missing();
  expect([reply.status, errorOf(reply).code]).toEqual([400, "BadRequest"]);
  expect(errorOf(reply).details?.[0]?.message).toContain(NOT_FOUND);
});

test("transientOn400: a transient name on a 400, then success (exo-protocol.md 11, quirk 16)", async () => {
  be(emulator, { quirks: { transientOn400: 1 } });
  const identity = [...emulator.targets(bench.tenantId)][0] ?? "";
  const reply = await missing(identity);
  expect(reply.status).toBe(400);
  expect(errorOf(reply).details?.[0]?.message).toMatch(
    /StorageTransientException|DCOverloadedException|SuitabilityDirectoryException|ADServerSettingsChangedException|ServerInMMException/,
  );
  expect(reply.headers["x-exceptiontype"]).toMatch(/Exception$/);
  be(emulator);
  expect((await missing(identity)).status).toBe(200);
});

test("transientOn500: an ADTransientException as JSON (exo-protocol.md 11, quirk 17)", async () => {
  be(emulator, { quirks: { transientOn500: 1 } });
  const reply = await missing();
  expect(reply.status).toBe(500);
  expect(errorOf(reply)).toMatchObject({
    code: "InternalServerError",
    innererror: { type: "Microsoft.Exchange.Data.Directory.ADTransientException" },
  });
  expect(errorOf(reply).message).toContain("'TopologyClientTcpEndpoint (localhost)' returned an error");
});

test("gatewayErrors: 502, 503 and 504 with HTML or nothing (exo-protocol.md 11, quirk 17)", async () => {
  be(emulator, { quirks: { gatewayErrors: 1 } });
  const seen = new Set<string>();
  for (let n = 0; n < 60; n += 1) {
    const reply = await missing();
    seen.add(`${reply.status} ${reply.bytes.length === 0 ? "empty" : reply.text.slice(0, 14)}`);
  }
  expect([...seen].sort()).toEqual([
    "502 <!DOCTYPE HTML",
    "502 empty",
    "503 <!DOCTYPE HTML",
    "503 empty",
    "504 <!DOCTYPE HTML",
    "504 empty",
  ]);
});

test("emptyTargets: details.target is empty (exo-protocol.md 11, quirk 32)", async () => {
  be(emulator);
  expect(errorOf(await missing()).details?.[0]?.target).toBe("");
  be(emulator, { quirks: { emptyTargets: false } });
  expect(errorOf(await missing()).details?.[0]?.target).toBe("nobody@nowhere.example");
});

test("typedHashtables: an object without @odata.type is refused as mandatory (exo-protocol.md 11, quirk 52)", async () => {
  be(emulator);
  const ask = async (filter: unknown, more: object = {}): Promise<RawReply> =>
    bench.invoke("Get-Mailbox", { Filter: filter, ResultSize: 1, ...more });
  const refused = await ask({ add: "x" });
  expect([refused.status, errorOf(refused).message]).toEqual([400, "Invalid Operation"]);
  expect(errorOf(refused).innererror.internalexception?.message).toContain("mandatory");
  expect((await ask([{ add: "x" }])).status).toBe(400);
  for (const type of ["#Exchange.GenericHashTable", "#Exchange.StringFieldDeltaUpdateData"])
    expect((await ask({ "@odata.type": type, add: "x" })).text).not.toContain("mandatory");
  const beside = { "Filter@odata.type": "#Collection(Exchange.GenericHashTable)" };
  expect((await ask([{ add: "x" }], beside)).text).not.toContain("mandatory");
  be(emulator, { quirks: { typedHashtables: false } });
  expect((await ask({ add: "x" })).text).not.toContain("mandatory");
});

test("strictCharset: a Latin-1 body is refused at the byte (exo-protocol.md 11, quirk 53)", async () => {
  be(emulator);
  const body = Buffer.from(JSON.stringify(bodyOf("Get-MobileDevice", { Identity: "aé§" })), "latin1");
  const at = body.indexOf(0xe9);
  const reply = await raw(`${bench.base}/InvokeCommand`, { headers: bench.headers, body });
  expect([reply.status, errorOf(reply).code]).toEqual([400, "BadRequest"]);
  expect(errorOf(reply).message).toBe(
    `Unable to translate bytes [E9] at index ${at} from specified code page to Unicode.`,
  );
  be(emulator, { quirks: { strictCharset: false } });
  expect((await raw(`${bench.base}/InvokeCommand`, { headers: bench.headers, body })).status).not.toBe(400);
});

test("a body that is not JSON, or has no CmdletInput, is a plain 400 (exo-protocol.md 8.4)", async () => {
  be(emulator);
  for (const body of [
    "{",
    "[]",
    '{"CmdletInput":{}}',
    '{"CmdletInput":{"CmdletName":"Get-Mailbox","Parameters":[]}}',
  ]) {
    const reply = await raw(`${bench.base}/InvokeCommand`, { headers: bench.headers, body });
    expect([body, reply.status, errorOf(reply).code]).toEqual([body, 400, "BadRequest"]);
  }
});

test("longRunning: a call takes minutes of the model's time (exo-protocol.md 11, quirk 57)", async () => {
  be(emulator, { timeScale: 20_000, quirks: { longRunning: 1, executionLimitSeconds: 100_000 } });
  const begin = performance.now();
  expect((await missing()).status).toBe(404);
  expect((performance.now() - begin) * 20_000).toBeGreaterThan(60_000);
});

test("executionLimitSeconds: past the server's limit a call ends as a 504 (exo-protocol.md 11, quirk 57)", async () => {
  be(emulator, { timeScale: 20_000, quirks: { longRunning: 1, executionLimitSeconds: 30 } });
  expect((await missing()).status).toBe(504);
});
