/** Plans of writes of every effect class, drawn by lot, for the mailboxes of a tenant. */
import type { Effect, Planned } from "../checker/index.ts";
import type { Random } from "./random.ts";

/** Values that no plan has had before, so that every write of it changes something. */
type Draw = (subject: string, random: Random, others: readonly string[]) => Planned;

const word = (random: Random): string => `faults ${random.between(1, 2 ** 30).toString(36)}`;

const DRAWS: Readonly<Record<Effect, readonly Draw[]>> = {
  absolute: [
    (subject, random) => ({
      subject,
      effect: "absolute",
      cmdlet: "Set-Mailbox",
      parameters: { [`CustomAttribute${random.between(1, 15)}`]: word(random) },
    }),
  ],
  convergent: [
    (subject, random, others) => ({
      subject,
      effect: "convergent",
      cmdlet: random.chance(0.7) ? "Add-MailboxPermission" : "Remove-MailboxPermission",
      parameters: {
        User: random.pick(others),
        AccessRights: [random.pick(["FullAccess", "ReadPermission"])],
      },
    }),
  ],
  create: [
    (subject, random) => ({
      subject,
      effect: "create",
      cmdlet: "New-InboxRule",
      parameters: { Name: word(random), SubjectContainsWords: ["invoice"] },
    }),
  ],
  once: [(subject) => ({ subject, effect: "once", cmdlet: "Start-ManagedFolderAssistant", parameters: {} })],
};

/** @param effects more of those that are named more often */
export function planFor(
  subjects: readonly string[],
  random: Random,
  count: number,
  effects: readonly Effect[] = ["absolute", "absolute", "convergent", "convergent", "create", "once"],
): readonly Planned[] {
  const plan = new Map<string, Planned>();
  for (let tries = 0; plan.size < count && tries < count * 4; tries += 1) {
    const effect = random.pick(effects);
    const change = random.pick(DRAWS[effect])(random.pick(subjects), random, subjects);
    plan.set(placeOf(change), change);
  }
  return [...plan.values()];
}

/** What a write is about: two writes of one plan to one place would be each other's conflict. */
function placeOf({ subject, cmdlet, effect, parameters }: Planned): string {
  if (effect === "absolute") return `${subject} ${Object.keys(parameters).join(" ")}`;
  if (effect === "convergent") return `${subject} ${JSON.stringify(parameters)}`;
  return `${subject} ${cmdlet} ${JSON.stringify(parameters)}`;
}
