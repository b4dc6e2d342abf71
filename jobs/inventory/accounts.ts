/** Groups without mail, which no recipient listing has: they hold rights all the same. */
import type { BulkContext, FoundRow, Restarted } from "../../src/job/index.ts";
import { complete, textAt, textsAt } from "../common/answers.ts";
import { JOINT, NO_MAILBOX } from "../common/cells.ts";
import { type Told, commonOf, principalCells } from "./row.ts";

export const GROUPS = "Get-Group";

const PROPERTIES = [
  "Guid",
  "Identity",
  "ExternalDirectoryObjectId",
  "RecipientTypeDetails",
  "DisplayName",
  "Name",
  "DistinguishedName",
  "Sid",
  "SidHistory",
  "WhenCreatedUTC",
] as const;

/** Mail-enabled kinds, and Microsoft 365 groups, are recipients. */
const WITH_MAIL = /^mail|^dynamicdistribution|^groupmailbox|^roomlist/i;

export async function* withoutMail(
  context: BulkContext<unknown>,
): AsyncGenerator<readonly FoundRow[] | Restarted> {
  const seen = new Set<string>();
  for await (const page of context.exo.pages(GROUPS, { ResultSize: "Unlimited" }, { select: PROPERTIES })) {
    if ("restarted" in page) {
      seen.clear();
      yield page;
      continue;
    }
    const found: FoundRow[] = [];
    for (const row of complete(GROUPS, page).rows) {
      const guid = textAt(row, "Guid");
      if (WITH_MAIL.test(textAt(row, "RecipientTypeDetails")) || seen.has(guid)) continue;
      seen.add(guid);
      const told: Told = {
        ...commonOf(row),
        Sid: textAt(row, "Sid") || null,
        SidHistory: textsAt(row, "SidHistory").join(JOINT) || null,
        ...NO_MAIL,
      };
      found.push({ about: context.line, row: principalCells(context, NO_MAILBOX, told, page, GROUPS) });
    }
    yield found;
  }
}

const NO_MAIL: Told = {
  UserPrincipalName: null,
  PrimarySmtp: null,
  Addresses: null,
  LegacyExchangeDn: null,
  Alias: null,
  Account: null,
  Guest: false,
  Hidden: null,
};
