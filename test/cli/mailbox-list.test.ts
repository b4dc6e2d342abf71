import { describe, expect, test } from "vitest";
import { readMailboxList } from "../../src/cli/mailbox-list.ts";
import { RunError } from "../../src/runs/index.ts";

const GUID = "8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e";

function read(text: string | Uint8Array): readonly string[] {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  return readMailboxList(bytes, "list.csv").identities;
}

/** Lines of the complaint, without its first. */
function complaint(text: string | Uint8Array): string[] {
  try {
    read(text);
  } catch (error) {
    if (error instanceof RunError && error.code === "bad-list")
      return error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

describe("a list of mailboxes is read", () => {
  test.each([
    ["with a column of addresses", "PrimarySmtpAddress\na@x.com\nb@x.com\n", ["a@x.com", "b@x.com"]],
    ["with a column in any case and place", `Name,primarysmtpADDRESS\nAnna,a@x.com`, ["a@x.com"]],
    ["with user principal names", "UserPrincipalName\na@x.com", ["a@x.com"]],
    ["with ids", `ExchangeGuid\n${GUID}\n{${GUID.replace("8", "9")}}`, [GUID, GUID.replace("8", "9")]],
    [
      "by the surest column there is",
      `PrimarySmtpAddress,ExternalDirectoryObjectId\na@x.com,${GUID}`,
      [GUID],
    ],
    [
      "by the next column where the surest is empty",
      `PrimarySmtpAddress,ExchangeGuid\na@x.com,\nb@x.com,${GUID}`,
      ["a@x.com", GUID],
    ],
    ["without a header", `a@x.com\n${GUID}\n`, ["a@x.com", GUID]],
    ["with semicolons", "Name;PrimarySmtpAddress\nAnna, the first;a@x.com", ["a@x.com"]],
    ["with tabs", "Name\tPrimarySmtpAddress\nAnna\ta@x.com", ["a@x.com"]],
    [
      "with the delimiter named as Excel does",
      "sep=;\r\nName;PrimarySmtpAddress\r\nA,B;a@x.com\r\n",
      ["a@x.com"],
    ],
    [
      "with quotes, quotes in quotes and line ends in quotes",
      '"Name","PrimarySmtpAddress"\r\n"A ""B""\r\nC, D","a@x.com"\r\n',
      ["a@x.com"],
    ],
    ["with a byte order mark", "\u{feff}PrimarySmtpAddress\r\na@x.com", ["a@x.com"]],
    [
      "as Windows PowerShell exports it",
      '#TYPE Selected.System.String\r\n"PrimarySmtpAddress"\r\n"a@x.com"\r\n',
      ["a@x.com"],
    ],
    ["with empty lines and empty rows", "PrimarySmtpAddress,Name\n\na@x.com,A\n,\n   \n", ["a@x.com"]],
    [
      "each mailbox once, however it is spelled",
      "PrimarySmtpAddress\nA@x.com\na@X.com\nb@x.com",
      ["A@x.com", "b@x.com"],
    ],
    [
      "with international names",
      "PrimarySmtpAddress,Name\nzoë@bücher.example,Zoë 日本",
      ["zoë@bücher.example"],
    ],
  ])("%s", (_how, text, identities) => {
    expect(read(text)).toEqual(identities);
  });

  test("in UTF-16, as Windows PowerShell writes it with >", () => {
    const text = Buffer.from("\u{feff}PrimarySmtpAddress\r\na@x.com\r\n", "utf16le");
    expect(read(text)).toEqual(["a@x.com"]);
  });

  test("and says how many lines were there twice", () => {
    const bytes = new TextEncoder().encode("PrimarySmtpAddress\na@x.com\nA@x.com\na@x.com");
    expect(readMailboxList(bytes, "list.csv").doubled).toBe(2);
  });
});

describe("a list is refused, with its line,", () => {
  const expected =
    "expected a column UserPrincipalName, PrimarySmtpAddress, ExternalDirectoryObjectId, ExchangeGuid, or a list of addresses, got";
  test.each([
    ["when it is empty", "", ["line 1: expected mailboxes, found nothing"]],
    [
      "when only its header is there",
      "PrimarySmtpAddress\n",
      ["line 1: expected mailboxes below the header, found nothing"],
    ],
    ["when no column names mailboxes", "Name,Mail\nAnna,a@x.com", [`line 1: ${expected} "Name | Mail"`]],
    ["when its one column is something else", "Mailbox\na@x.com", [`line 1: ${expected} "Mailbox"`]],
    [
      "when a row names nobody",
      "PrimarySmtpAddress,Name\n,Anna",
      ['line 2: expected an address or a GUID, got " | Anna"'],
    ],
    [
      "when an address is none",
      "PrimarySmtpAddress\nanna",
      ['line 2: expected an address or a GUID, got "anna"'],
    ],
    [
      "when an id is all zeros",
      "ExchangeGuid\n00000000-0000-0000-0000-000000000000",
      ['line 2: expected an address or a GUID, got "00000000-0000-0000-0000-000000000000"'],
    ],
    [
      "when a row has more cells than the header",
      "PrimarySmtpAddress,Name\na@x.com,A,B",
      ["line 2: expected 2 cells, got 3; is one not in quotes?"],
    ],
    [
      "when a quote does not end",
      'PrimarySmtpAddress\n"a@x.com\nb@x.com',
      [
        "line 2: expected a quote to end, found the end of the file",
        expect.stringContaining("line 2: expected an address"),
      ],
    ],
    [
      "when something follows a quote",
      'PrimarySmtpAddress\n"a@x.com"b',
      ["line 2: expected a delimiter after the quote"],
    ],
  ])("%s", (_why, text, lines) => {
    expect(complaint(text)).toEqual(lines);
  });

  test("when it is not UTF-8, with the line of the first bad letter", () => {
    expect(
      complaint(Buffer.from("PrimarySmtpAddress,Name\na@x.com,Anna\nb@x.com,Zo\u00eb", "latin1")),
    ).toEqual(["line 3: expected UTF-8, got another encoding"]);
  });

  test("with all bad lines at once, counted after line ends in quotes", () => {
    expect(complaint('Name,PrimarySmtpAddress\n"A\nB",nobody\nC,c@x.com\nD,\nE,two@at@x.com')).toEqual([
      'line 2: expected an address or a GUID, got "A\\u{a}B | nobody"',
      'line 5: expected an address or a GUID, got "D | "',
      'line 6: expected an address or a GUID, got "E | two@at@x.com"',
    ]);
  });

  test("with the first fifty of a thousand bad lines", () => {
    const lines = complaint(`PrimarySmtpAddress\n${"nobody\n".repeat(1_000)}`);
    expect(lines).toHaveLength(51);
    expect(lines.at(-1)).toBe("and 950 more lines");
  });
});
