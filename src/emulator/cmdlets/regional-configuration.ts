/** `Get-` and `Set-MailboxRegionalConfiguration`: language, formats and time zone. No recorded row: names are the documented ones. */
import type { WireValue } from "../cmdlet.ts";
import { type Language, languageOf } from "../organisation/details.ts";
import { Columns } from "./columns.ts";
import { type Definition, READERS, rows } from "./define.ts";
import { aboutMailbox } from "./objects.ts";
import { Refusal, asText } from "./parameters.ts";
import { property, type Setting, toReference } from "./settings.ts";
import { settingCmdlet } from "./setting-cmdlet.ts";
import { always, of } from "./shared-columns.ts";
import { flag, text } from "./wire-values.ts";

const DATE_FORMATS: Readonly<Record<Language, string>> = {
  "en-US": "M/d/yyyy",
  "de-DE": "dd.MM.yyyy",
  "fr-FR": "dd/MM/yyyy",
  "es-ES": "dd/MM/yyyy",
  "pl-PL": "dd.MM.yyyy",
  "hu-HU": "yyyy. MM. dd.",
};
const TIME_FORMATS: Readonly<Record<Language, string>> = {
  "en-US": "h:mm tt",
  "de-DE": "HH:mm",
  "fr-FR": "HH:mm",
  "es-ES": "H:mm",
  "pl-PL": "HH:mm",
  "hu-HU": "H:mm",
};

export const REGIONAL_COLUMNS = new Columns([
  ["DateFormat", of((recipient) => text(DATE_FORMATS[languageOf(recipient)]))],
  ["Language", of((recipient) => text(languageOf(recipient)))],
  ["DefaultFolderNameMatchingUserLanguage", always(flag(true))],
  ["TimeFormat", of((recipient) => text(TIME_FORMATS[languageOf(recipient)]))],
  ["TimeZone", always(text("W. Europe Standard Time"))],
  ["MailboxOwnerId", of((recipient) => text(recipient.name))],
  ["Identity", of((recipient) => text(recipient.identity))],
  ["IsValid", always(flag(true))],
  ["ObjectState", always(text("Unchanged"))],
]);

export const REGIONAL_SETTINGS: readonly Setting[] = [
  property("Language", toLanguage),
  property("DateFormat", toReference),
  property("TimeFormat", toReference),
  property("TimeZone", toReference),
];

export const getMailboxRegionalConfiguration: Definition = {
  name: "Get-MailboxRegionalConfiguration",
  roles: READERS,
  parameters: [
    "Identity",
    "Archive",
    "MailboxLocation",
    "ResultSize",
    "UseCustomRouting",
    "VerifyDefaultFolderNameLanguage",
  ],
  run: (model, request) =>
    rows(aboutMailbox(model, request, ["Identity"], (seen) => [REGIONAL_COLUMNS.row(seen, request.select)])),
};

/** Folders keep the names they were made with, also when asked to be translated. */
export const setMailboxRegionalConfiguration = settingCmdlet(
  "Set-MailboxRegionalConfiguration",
  REGIONAL_SETTINGS,
  REGIONAL_COLUMNS,
  ["Archive", "LocalizeDefaultFolderName", "MailboxLocation", "UseCustomRouting"],
);

function toLanguage(value: unknown, parameter: string): WireValue {
  const words = asText(value);
  if (/^[a-z]{2,3}(-[a-z0-9]{2,8})*$/i.test(words)) return text(words);
  throw new Refusal({
    kind: "validation",
    subject: parameter,
    detail: `Cannot process argument transformation on parameter '${parameter}'. Cannot convert value "${words}" to type "System.Globalization.CultureInfo".`,
  });
}
