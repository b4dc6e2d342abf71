/** Failures of cmdlets in the words of Exchange: status, error id, exception type and text of each kind (`exo-protocol.md` 8.5). */
import type { CmdletFailure } from "../cmdlet.ts";

export interface FailureText {
  readonly status: number;
  /** `Ex` and 6 hex digits, or empty. */
  readonly errorId: string;
  readonly type: string;
  readonly text: string;
  /** `invalid-operation`: shape C of 8.3; `cmdlet`: shapes A and B. */
  readonly shape: "cmdlet" | "invalid-operation";
  /** Shape C only: whether it has details. */
  readonly details?: boolean;
}

const TASKS = "Microsoft.Exchange.Configuration.Tasks";
const MANAGEMENT = "Microsoft.Exchange.Management.Tasks";
const STORE = "Microsoft.Exchange.Management.StoreTasks";
const INVOCATION = "Microsoft.Exchange.AdminApi.CommandInvocation";

type Wording = (subject: string, failure: CmdletFailure, controller: string) => FailureText;

/** Shapes A and B. */
function cmdlet(status: number, errorId: string, type: string, text: string): FailureText {
  return { status, errorId, type, text, shape: "cmdlet" };
}

/** Shape C. */
function invalid(type: string, text: string, details: boolean): FailureText {
  return { status: 400, errorId: "", type, text, shape: "invalid-operation", details };
}

const WORDINGS: Readonly<Record<CmdletFailure["kind"], Wording>> = {
  "not-found": (subject, _, controller) =>
    cmdlet(
      404,
      "Ex6F9304",
      `${TASKS}.ManagementObjectNotFoundException`,
      `The operation couldn't be performed because object '${subject}' couldn't be found on '${controller}'.`,
    ),
  "argument-not-found": (subject) =>
    cmdlet(
      404,
      "Ex94914C",
      `${TASKS}.ManagementObjectNotFoundException`,
      `Couldn't find object "${subject}". Please make sure that it was spelled correctly or specify a different object.`,
    ),
  ambiguous: (subject) =>
    cmdlet(
      400,
      "",
      `${TASKS}.ManagementObjectAmbiguousException`,
      `The operation couldn't be performed because object: '${subject}' matches multiple entries.`,
    ),
  "missing-identity": () =>
    invalid(
      `${INVOCATION}.AmbiguousParameterSetException`,
      "Parameter set cannot be resolved using the specified named parameters.",
      true,
    ),
  "unknown-parameter": (subject) =>
    invalid(
      `${INVOCATION}.AmbiguousParameterSetException`,
      `Parameter set cannot be resolved using the specified named parameters. Invalid cmdlet parameters specified. ${subject}`,
      true,
    ),
  "bad-enum": (_, failure) =>
    invalid(`${INVOCATION}.ParameterTransformationException`, badEnum(failure), false),
  validation: (subject, { detail }) =>
    cmdlet(400, "", `${MANAGEMENT}.ValidationException`, detail ?? subject),
  "dir-synced": (subject) =>
    cmdlet(
      400,
      "",
      `${MANAGEMENT}.RecipientTaskException`,
      `The operation on mailbox "${subject}" failed because it's out of the current user's write scope. The action can't be performed on the object '${subject}' because the object is being synchronized from your on-premises organization. This action should be performed on the object in your on-premises organization.`,
    ),
  "already-exists": (subject) =>
    cmdlet(
      400,
      "",
      "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException",
      `The object '${subject}' already exists.`,
    ),
  "duplicate-in-list": (subject, { detail }) =>
    cmdlet(
      400,
      "",
      `${MANAGEMENT}.RecipientTaskException`,
      `The parameter "${detail ?? "GrantSendOnBehalfTo"}" contains the following duplicated recipient identity: "${subject}".`,
    ),
  "folder-user-exists": (subject) =>
    cmdlet(
      400,
      "",
      `${STORE}.UserAlreadyExistsInPermissionEntryException`,
      `An existing permission entry was found for user: ${subject}.`,
    ),
  "folder-user-missing": (subject) =>
    cmdlet(
      400,
      "",
      `${STORE}.UserNotFoundInPermissionEntryException`,
      `There is no existing permission entry found for user: ${subject}.`,
    ),
  "special-user": (subject) =>
    cmdlet(
      400,
      "",
      `${STORE}.CannotRemoveSpecialUserException`,
      `The permission entry of the special user ${subject} can't be removed.`,
    ),
  "bad-hashtable": (subject) =>
    invalid(
      `${INVOCATION}.ParameterTransformationException`,
      `Cannot process argument transformation on parameter '${subject}'. Cannot convert the "Newtonsoft.Json.Linq.JObject" value to type "PswsHashtable". The "@odata.type" annotation is mandatory.`,
      false,
    ),
  "no-archive": (subject) =>
    cmdlet(
      404,
      "",
      `${TASKS}.ManagementObjectNotFoundException`,
      `The mailbox '${subject}' doesn't have an archive.`,
    ),
  "member-exists": (subject, { detail }) =>
    cmdlet(
      400,
      "",
      `${MANAGEMENT}.MemberAlreadyExistsException`,
      `The recipient "${subject}" is already a member of the group "${detail ?? ""}".`,
    ),
  "member-missing": (subject, { detail }) =>
    cmdlet(
      400,
      "",
      `${MANAGEMENT}.MemberNotFoundException`,
      `The recipient "${subject}" isn't a member of the group "${detail ?? ""}".`,
    ),
};

/** @param controller name of the domain controller the text blames */
export function textOf(failure: CmdletFailure, controller: string): FailureText {
  return WORDINGS[failure.kind](failure.subject, failure, controller);
}

function badEnum({ subject, enumeration }: CmdletFailure): string {
  const { value = "", type = "System.Enum", members = [] } = enumeration ?? {};
  return `Cannot process argument transformation on parameter '${subject}'. Cannot convert value "${value}" to type "${type}". Error: "Unable to match the identifier name ${value} to a valid enumerator name. Specify one of the following enumerator names and try again: ${members.join(", ")}"`;
}
