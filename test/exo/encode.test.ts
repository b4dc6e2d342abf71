import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bodyOf } from "../../src/exo/body.ts";
import { withoutAnnotations } from "../../src/exo/decode.ts";
import { encodeCall } from "../../src/exo/encode.ts";
import { ExoError } from "../../src/exo/index.ts";
import type { Parameters } from "../../src/job/index.ts";

function sent(parameters: Parameters, cmdlet = "Set-Mailbox"): unknown {
  return encodeCall(cmdlet, parameters).CmdletInput.Parameters;
}

function refusal(cmdlet: string, parameters: Parameters): string {
  try {
    encodeCall(cmdlet, parameters);
  } catch (error) {
    if (error instanceof ExoError && error.kind === "refused-here" && !error.ambiguous) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

test("a call without parameters has empty ones", () => {
  expect(encodeCall("Get-OrganizationConfig", {})).toEqual({
    CmdletInput: { CmdletName: "Get-OrganizationConfig", Parameters: {} },
  });
});

test("scalars and lists go as they are, null included", () => {
  const parameters = { A: "x", B: true, C: 5, D: "Unlimited", E: ["a", "b"], F: null, G: [], H: 1.5 };
  expect(sent(parameters)).toEqual(parameters);
});

test("a date goes as UTC with seven digits of a second", () => {
  expect(sent({ StartTime: new Date("2026-08-11T00:00:00.123+02:00") })).toEqual({
    StartTime: "2026-08-10T22:00:00.1230000Z",
  });
});

test("hashtables are annotated at every depth, and lists of them beside the list", () => {
  expect(sent({ EmailAddresses: { add: "smtp:a@contoso.com" }, Deep: { a: { b: "c" } } })).toEqual({
    EmailAddresses: { "@odata.type": "#Exchange.GenericHashTable", add: "smtp:a@contoso.com" },
    Deep: {
      "@odata.type": "#Exchange.GenericHashTable",
      a: { "@odata.type": "#Exchange.GenericHashTable", b: "c" },
    },
  });
  expect(sent({ Tables: [{ a: 1 }, { b: [{ c: 2 }] }] })).toEqual({
    "Tables@odata.type": "#Collection(Exchange.GenericHashTable)",
    Tables: [{ a: 1 }, { "b@odata.type": "#Collection(Exchange.GenericHashTable)", b: [{ c: 2 }] }],
  });
});

test("a type of the caller's own stays, such as that of a byte array", () => {
  const Data = { "@odata.type": "#Exchange.ByteArrayType", Data: [1, 2] };
  expect(sent({ CSVData: Data })).toEqual({ CSVData: Data });
});

test("filters get the service's way of writing true and false", () => {
  expect(sent({ Filter: "GrantSendOnBehalfTo -ne $null -and Hidden -eq $true -or X -eq $False" })).toEqual({
    Filter: "GrantSendOnBehalfTo -ne $null -and Hidden -eq 'True' -or X -eq 'False'",
  });
  expect(sent({ Name: "$true" })).toEqual({ Name: "$true" });
});

test("UseCustomRouting is for the PowerShell module and does not leave us", () => {
  expect(sent({ Identity: "x", UseCustomRouting: true })).toEqual({ Identity: "x" });
});

test.each(["", " ", "\t\n", "\u00a0", "\u200b", "\ufeff", "\u0000", "\u2060 \u00ad"])(
  "an identity that looks like nothing is refused: %j",
  (nothing) => {
    for (const name of ["Identity", "identity", "Mailbox", "User", "Trustee", "Member", "ExchangeGuid"]) {
      expect(refusal("Get-MailboxPermission", { [name]: nothing })).toContain(
        "is empty, which would mean every object of the tenant",
      );
    }
  },
);

test("null, an empty list, an empty element, a wildcard and the zero GUID are refused as identities", () => {
  expect(refusal("Get-Mailbox", { Identity: null })).toContain("is empty");
  expect(refusal("Get-Mailbox", { Identity: [] })).toContain("empty list");
  expect(refusal("Get-Mailbox", { Identity: ["a", ""] })).toContain("is empty");
  expect(refusal("Get-Mailbox", { Identity: {} })).toContain("is empty");
  expect(refusal("Get-Mailbox", { Identity: "*" })).toContain("wildcard");
  expect(refusal("Get-Mailbox", { Identity: "gosho*" })).toContain("wildcard");
  expect(refusal("Get-Mailbox", { Identity: "00000000-0000-0000-0000-000000000000" })).toContain(
    "names nothing",
  );
});

test("a listing without an identity is a listing, and null still clears other values", () => {
  expect(sent({ ResultSize: "Unlimited" }, "Get-Mailbox")).toEqual({ ResultSize: "Unlimited" });
  expect(sent({ Identity: "x", ForwardingAddress: null })).toEqual({
    Identity: "x",
    ForwardingAddress: null,
  });
});

test("what cannot be sent as meant is refused", () => {
  expect(refusal("Set-Mailbox", { A: Number.NaN })).toContain("not a number that can be sent exactly");
  expect(refusal("Set-Mailbox", { A: 2 ** 60 })).toContain("exactly");
  expect(refusal("Set-Mailbox", { A: "\ud800" })).toContain("not valid Unicode");
  expect(refusal("Set-Mailbox", { A: new Date(Number.NaN) })).toContain("not a date");
  expect(refusal("Set-Mailbox", { "A@odata.type": "x" })).toContain("is no parameter name");
  expect(refusal("Get-Mailbox; Remove-Mailbox", {})).toContain("expected a cmdlet name");
  expect(refusal("", {})).toContain("expected a cmdlet name");
  const deep: Parameters = {
    A: Array.from({ length: 30 }).reduce<Parameters>((inner) => ({ a: inner }), {}),
  };
  expect(refusal("Set-Mailbox", deep)).toContain("nested too deeply");
});

test("what is encoded and read back without annotations is what was given", () => {
  const scalar = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.boolean(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value)),
    fc.constant(null),
  );
  const key = fc
    .stringMatching(/^[A-Za-z][A-Za-z0-9]{0,10}$/)
    .filter((name) => !/^(filter|recipientfilter)$/i.test(name));
  const { value } = fc.letrec<{ value: Parameters[string] }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc.array(scalar, { maxLength: 4 }),
      fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      fc.array(fc.dictionary(key, tie("value"), { maxKeys: 3 }), { maxLength: 3 }),
    ),
  }));
  fc.assert(
    fc.property(
      fc.dictionary(
        key.map((name) => `P${name}`),
        value,
      ),
      (parameters) => {
        const bytes = Buffer.from(JSON.stringify(encodeCall("Set-Mailbox", parameters)));
        const body = bodyOf(bytes);
        if (body.kind !== "json") throw new Error("it is not JSON");
        const back = withoutAnnotations(body.value);
        const expected = { CmdletInput: { CmdletName: "Set-Mailbox", Parameters: parameters } };
        expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(expected)));
      },
    ),
    { numRuns: 500 },
  );
});
