/** What holds on one object now, for whoever checks writes: from the model and with every write, not through the cmdlets that read. */
import type { FolderFact, ObjectFacts, PlainValue, RuleFact, WireValue } from "../cmdlet.ts";
import { foldersOf } from "../organisation/folders.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { factsOf } from "../organisation/truth.ts";
import { AUDIT_BYPASS_COLUMNS, AUDIT_BYPASS_SETTINGS } from "./audit-bypass.ts";
import { CALENDAR_COLUMNS, CALENDAR_SETTINGS } from "./calendar-processing.ts";
import { CAS_COLUMNS } from "./cas-mailbox.ts";
import { type Columns, Seen } from "./columns.ts";
import { entriesOf } from "./folder-cmdlets.ts";
import { AUTO_REPLY_COLUMNS } from "./get-auto-reply.ts";
import { rulesNow } from "./inbox-rules.ts";
import { MAILBOX_COLUMNS } from "./mailbox-columns.ts";
import { REGIONAL_COLUMNS, REGIONAL_SETTINGS } from "./regional-configuration.ts";
import { AUTO_REPLY_SETTINGS } from "./set-auto-reply.ts";
import { CAS_SETTINGS } from "./set-cas-mailbox.ts";
import { MAILBOX_SETTINGS } from "./set-mailbox.ts";
import type { Setting } from "./settings.ts";
import { membersNow } from "../organisation/members.ts";

const SETTABLE: readonly (readonly [columns: Columns, settings: readonly Setting[]])[] = [
  [MAILBOX_COLUMNS, MAILBOX_SETTINGS],
  [CAS_COLUMNS, CAS_SETTINGS],
  [AUTO_REPLY_COLUMNS, AUTO_REPLY_SETTINGS],
  [CALENDAR_COLUMNS, CALENDAR_SETTINGS],
  [REGIONAL_COLUMNS, REGIONAL_SETTINGS],
  [AUDIT_BYPASS_COLUMNS, AUDIT_BYPASS_SETTINGS],
];

/** Follow from `Set-Mailbox -Type`, which is no property itself. */
const OF_TYPE = ["RecipientTypeDetails"];

export function objectFacts(model: Model, recipient: Recipient): ObjectFacts {
  const { hasMailbox } = recipient;
  const { runs } = model.overlay.writtenOn(recipient.index, "latest");
  return {
    exchangeGuid: hasMailbox ? recipient.exchangeGuid : "",
    objectId: recipient.objectId,
    sid: recipient.sid,
    name: recipient.name,
    userPrincipalName: recipient.userPrincipalName,
    primarySmtpAddress: recipient.primarySmtp,
    dirSynced: recipient.dirSynced,
    permissions: [...factsOf(model, recipient)],
    values: hasMailbox ? valuesOf(model, recipient) : {},
    folders: hasMailbox ? foldersNow(model, recipient) : {},
    rules: hasMailbox ? rulesNow(model, recipient, "latest").map(ruleFact) : [],
    members: membersOf(model, recipient),
    runs: Object.fromEntries(runs),
  };
}

function valuesOf(model: Model, recipient: Recipient): Record<string, PlainValue> {
  const seen = new Seen(model, "latest", recipient);
  const values: Record<string, PlainValue> = {};
  for (const [columns, settings] of SETTABLE)
    for (const name of [...settings.map(({ parameter }) => parameter), ...OF_TYPE]) {
      const value = columns.value(seen, name);
      if (value !== undefined) values[name] = plain(value);
    }
  return values;
}

function foldersNow(model: Model, recipient: Recipient): Record<string, readonly FolderFact[]> {
  const state = model.overlay.state(recipient.index, "latest");
  return Object.fromEntries(
    foldersOf(recipient).map((folder) => [
      folder.path,
      entriesOf(state, recipient, folder).map(({ user, special, index, rights, flags }) => ({
        user,
        special: special ?? null,
        userId: index === undefined ? "" : model.directory.at(index).objectId,
        rights,
        flags,
      })),
    ]),
  );
}

function ruleFact({ id, name, enabled, parts }: ReturnType<typeof rulesNow>[number]): RuleFact {
  const on = [...parts].map(([part, value]) => [part, plain(value)] as const);
  return { id: String(id), name, enabled, parts: Object.fromEntries(on) };
}

function membersOf(model: Model, group: Recipient): readonly string[] | null {
  if (group.kind !== "distribution" && group.kind !== "mail-security") return null;
  return membersNow(model, group, "latest").map((index) => model.directory.at(index).objectId);
}

function plain({ type, value }: WireValue): PlainValue {
  if (type === "datetime") return value.toISOString();
  return type === "int64" ? String(value) : value;
}
