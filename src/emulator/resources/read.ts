/** A GET of a resource as a run of the plain cmdlet behind it, its rows in the resource's shape. */
import type { Cmdlet, CmdletAnswer, CmdletRequest, Organisation, RowSource, WireRow } from "../cmdlet.ts";
import { wantedProperties } from "./property-sets.ts";
import type { ResourceType, Route } from "./route.ts";
import { limited, recipientPermissions, reshaped, shaped, whole } from "./shapes.ts";

/** A cmdlet of the module with what it is asked. */
export interface ResourceRead {
  /** Under the module's name for it: `Get-EXOMailbox`. */
  readonly cmdlet: Cmdlet;
  /** Whose role is needed. */
  readonly plain: string;
  readonly parameters: ReadonlyMap<string, unknown>;
  readonly select: ReadonlySet<string> | undefined;
  /** `Mailbox/$entity`, `Mailbox`: what the context says it is. */
  readonly context: string;
  /** A single thing, not a collection. */
  readonly one: boolean;
}

const PLAIN: Readonly<Record<ResourceType, string>> = {
  Mailbox: "Get-Mailbox",
  CasMailbox: "Get-CASMailbox",
  Recipient: "Get-Recipient",
  MailboxPermission: "Get-MailboxPermission",
  MailboxStatistics: "Get-MailboxStatistics",
  MailboxFolderStatistics: "Get-MailboxFolderStatistics",
  MailboxFolderPermission: "Get-MailboxFolderPermission",
  MobileDeviceStatistics: "Get-MobileDeviceStatistics",
};

/** Options of a query that are parameters of the plain cmdlet, by type. */
const OPTIONS: Readonly<Partial<Record<ResourceType, readonly string[]>>> = {
  Mailbox: [
    "anr",
    "organizationalunit",
    "softdeletedmailbox",
    "inactivemailboxonly",
    "includeinactivemailbox",
    "archive",
    "mailboxplan",
    "recipienttypedetails",
  ],
  CasMailbox: ["anr", "organizationalunit"],
  Recipient: ["organizationalunit", "includesoftdeletedrecipients"],
  MailboxPermission: ["softdeletedmailbox"],
  MailboxFolderPermission: ["groupmailbox"],
};

const SYSTEM_OPTIONS: ReadonlySet<string> = new Set(["$select", "$filter", "$top", "$expand", "$skiptoken"]);

/**
 * @param byName whether the next trustee is shown by its display name only (`exo-protocol.md` 10.5)
 * @returns the words of a 400 for a query nobody can answer
 */
export function readResource(
  organisation: Organisation,
  route: Route,
  query: URLSearchParams,
  byName: () => boolean,
): ResourceRead | { readonly mistake: string } {
  const options = new Map([...query].map(([name, value]) => [name.toLowerCase(), value]));
  const unknown = [...options.keys()].find((name) => name.startsWith("$") && !SYSTEM_OPTIONS.has(name));
  if (unknown !== undefined) return { mistake: `The query parameter '${unknown}' is not supported.` };
  const { type } = route;
  const encoded = options.get("isencoded")?.toLowerCase() === "true";
  const named = (key: string): string => (encoded ? Buffer.from(key, "base64").toString("utf8") : key);
  const identity = route.mailboxGuid ?? (route.key === undefined ? undefined : named(route.key));
  if (identity === "" || route.folder === "") return { mistake: "The identity in the address is empty." };
  const anr = options.get("anr");
  if (anr !== undefined && anr.length < 3)
    return { mistake: "The Anr parameter must be at least 3 characters." };
  const top = options.get("$top");
  if (top !== undefined && !/^\d{1,9}$/.test(top))
    return { mistake: `Invalid value '${top}' for $top query option found.` };
  const expands = type === "Recipient" && options.get("$expand")?.toLowerCase() === "recipientpermission";
  if (options.has("$expand") && !expands)
    return { mistake: `Could not find a property named '${options.get("$expand")}' to expand.` };
  const plain = expands ? "Get-RecipientPermission" : PLAIN[type];
  const behind = organisation.cmdlets.get(PLAIN[type].toLowerCase());
  const permissions = organisation.cmdlets.get("get-recipientpermission");
  if (!behind || !permissions) return { mistake: "The resource is not available." };
  const select = wantedProperties(type, options.get("propertyset"), options.get("$select"));
  const one = type === "MailboxStatistics" || (identity !== undefined && SETS.has(type));
  const shape = shaped(type, select);
  const expand = (source: RowSource, request: CmdletRequest): RowSource =>
    expands ? withPermissions(source, { permissions, behind, byName }, request) : source;
  const cmdlet: Cmdlet = {
    name: plain.replace(/^Get-(CAS)?/, (_, cas) => (cas === undefined ? "Get-EXO" : "Get-EXOCas")),
    roles: (expands ? permissions : behind).roles,
    writes: false,
    parameters: behind.parameters,
    subject: (request) => behind.subject(request),
    run: (request) => {
      const answer = behind.run(request);
      if (answer.kind !== "rows") return answer;
      const source =
        identity === undefined
          ? reshaped(expand(answer.source, request), shape)
          : whole(expand(answer.source, request), shape);
      if (one) return single(source, identity ?? "");
      return { kind: "rows", source: top === undefined ? source : limited(source, Number(top)) };
    },
  };
  return {
    cmdlet,
    plain,
    parameters: parametersOf(route, options, identity, named),
    select: expands ? undefined : select,
    context: one ? `${type}/$entity` : type,
    one,
  };
}

const SETS: ReadonlySet<ResourceType> = new Set(["Mailbox", "CasMailbox", "Recipient"]);

function parametersOf(
  route: Route,
  options: ReadonlyMap<string, string>,
  identity: string | undefined,
  named: (key: string) => string,
): ReadonlyMap<string, unknown> {
  const parameters = new Map<string, unknown>();
  const folder = route.folder === undefined ? "" : `:${named(route.folder)}`;
  if (identity !== undefined)
    parameters.set(route.type === "MobileDeviceStatistics" ? "mailbox" : "identity", `${identity}${folder}`);
  if (route.folderScope !== undefined) parameters.set("folderscope", route.folderScope);
  for (const name of OPTIONS[route.type] ?? []) {
    const value = options.get(name);
    if (value !== undefined) parameters.set(name, value);
  }
  const filter = options.get("$filter");
  if (filter !== undefined) parameters.set("filter", opathOf(filter));
  return parameters;
}

/** `Alias eq 'a'` → `Alias -eq 'a'`, texts in quotation marks aside. */
function opathOf(filter: string): string {
  return filter
    .split(/('(?:[^']|'')*')/)
    .map((part, place) =>
      place % 2 === 1
        ? part
        : part
            .replace(/(^|[\s(])(and|or|not|eq|ne|lt|gt|like|notlike)(?=[\s(]|$)/gi, "$1-$2")
            .replace(/\b(true|false|null)\b/gi, (word) => `$${word.toLowerCase()}`),
    )
    .join("");
}

/** Several objects under one key are refused: nobody could tell which is meant. */
function single(source: RowSource, identity: string): CmdletAnswer {
  const { rows } = source.read(undefined, 2);
  return rows.length > 1
    ? { kind: "failure", failure: { kind: "ambiguous", subject: identity } }
    : { kind: "rows", source };
}

interface Expansion {
  readonly permissions: Cmdlet;
  /** Looks a trustee up. */
  readonly behind: Cmdlet;
  readonly byName: () => boolean;
}

function withPermissions(
  source: RowSource,
  { permissions, behind, byName }: Expansion,
  request: CmdletRequest,
): RowSource {
  const ask = (cmdlet: Cmdlet, identity: unknown): readonly WireRow[] => {
    const answer = cmdlet.run({
      parameters: new Map([["identity", identity]]),
      spelling: new Map([["identity", "Identity"]]),
      nowMs: request.nowMs,
      connectionId: request.connectionId,
    });
    return answer.kind === "rows" ? answer.source.read(undefined, 1000).rows : [];
  };
  const shown = (row: WireRow): WireRow => {
    const trustee = row.find(([name]) => name === "Trustee")?.[1].value;
    const named = byName()
      ? ask(behind, trustee)
          .flat()
          .find(([name]) => name === "DisplayName")
      : undefined;
    return named ? row.map(([name, value]) => [name, name === "Trustee" ? named[1] : value] as const) : row;
  };
  return {
    read(from, limit) {
      const { rows, next } = source.read(from, limit);
      const expanded = rows.map((row) => {
        const guid = row.find(([name]) => name === "Guid")?.[1].value;
        const held = ask(permissions, guid).map(shown);
        return [...row, ["RecipientPermission", recipientPermissions(held)] as const];
      });
      return { rows: expanded, next };
    },
  };
}
