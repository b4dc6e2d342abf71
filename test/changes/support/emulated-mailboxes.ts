/** An emulator, a client of it, and mailboxes to write to: looks and writes go over the wire, by the mailbox's own connection. */
import { addressed } from "../../../src/changes/addressed.ts";
import { recipeFor } from "../../../src/changes/recipe-for.ts";
import { type Recipe, saysNoEntry, type Seeing } from "../../../src/changes/recipe.ts";
import { defaultSettings } from "../../../src/config.ts";
import { type ProfilePatch, startEmulator } from "../../../src/emulator/index.ts";
import { createExchange } from "../../../src/exo/index.ts";
import {
  type Change,
  type CmdletReply,
  type ExoRow,
  type ExoValue,
  isGone,
  type Mailbox,
  type Parameters,
} from "../../../src/job/index.ts";
import { createNetwork } from "../../../src/network/index.ts";
import { Telemetry } from "../../../src/telemetry/index.ts";
import { createTokenSource, tenantFrom } from "../../../src/tenants/index.ts";
import { openGate } from "../../exo/support/open-gate.ts";
import { SOUND } from "../../support/emulated-service.ts";

export interface EmulatedMailboxes extends AsyncDisposable {
  /** Two people to give rights to. */
  readonly other: Mailbox;
  readonly another: Mailbox;
  /** Name of a distribution group. */
  readonly group: string;
  /** Every time another user mailbox, not synchronised and with nothing special about it. */
  next(): Mailbox;
  ask(cmdlet: string, parameters: Parameters, mailbox?: Mailbox): Promise<CmdletReply>;
  write(change: Change, mailbox: Mailbox): Promise<CmdletReply>;
  replies(recipe: Recipe, mailbox: Mailbox): Promise<readonly Seeing[]>;
  /** What is there, and whether that is wanted. */
  look(change: Change, mailbox: Mailbox): Promise<{ readonly seen: ExoValue; readonly wanted: boolean }>;
}

export async function openMailboxes(profile: ProfilePatch = {}): Promise<EmulatedMailboxes> {
  const emulator = await startEmulator({
    mailboxes: 400,
    seed: 11,
    profile: {
      ...SOUND,
      latency: { roundTrip: 0, overhead: 0, refusal: 0, call: { median: 0, sigma: 0 } },
      ...profile,
    },
  });
  const [access] = emulator.tenants;
  if (access === undefined) throw new Error("the emulator has no tenant");
  const network = createNetwork({ connections: 8, environment: {} });
  const { tenantId, domain, clientId, secret } = access;
  const cloud = { login: emulator.url, exchange: emulator.url };
  const tenant = tenantFrom(
    { name: "emulated", tenantId, domain, clientId, secret: { env: "SECRET" }, cloud },
    [],
  );
  const exo = createExchange({
    tenant,
    tokens: createTokenSource(tenant, { network, environment: { SECRET: secret } }),
    gate: openGate(10, 8),
    network,
    settings: defaultSettings({ requests: { retryDelayMs: 5 } }),
    telemetry: new Telemetry(),
  });
  const ask: EmulatedMailboxes["ask"] = (cmdlet, parameters, mailbox) =>
    exo.invoke(cmdlet, parameters, mailbox && { anchor: { kind: "mailbox", guid: mailbox.id } });
  const replies: EmulatedMailboxes["replies"] = (recipe, mailbox) =>
    Promise.all(
      recipe.looks.map(async ({ cmdlet, parameters, select, complete }) => {
        const sent = complete === true ? parameters : { Identity: mailbox.id, ...parameters };
        const anchor = { kind: "mailbox", guid: mailbox.id } as const;
        try {
          return (await exo.invoke(cmdlet, sent, { anchor, ...(select && { select }) })).rows;
        } catch (error) {
          if (isGone(error) || saysNoEntry(error)) return "gone" as const;
          throw error;
        }
      }),
    );
  const { rows } = await ask("Get-Mailbox", {
    Filter:
      "IsDirSynced -eq $false -and RecipientTypeDetails -eq 'UserMailbox' -and GrantSendOnBehalfTo -eq $null",
  });
  const groups = await ask("Get-DistributionGroup", { ResultSize: 1 });
  const group = groups.rows[0]?.["Name"];
  const fresh = rows.map(mailboxFrom);
  const next = (): Mailbox => {
    const mailbox = fresh.shift();
    if (mailbox === undefined) throw new Error("the emulator has no mailbox left that nobody wrote to");
    return mailbox;
  };
  return {
    other: next(),
    another: next(),
    group: typeof group === "string" ? group : "",
    next,
    ask,
    write: (change, mailbox) => ask(change.cmdlet, addressed(change, mailbox), mailbox),
    replies,
    async look(change, mailbox) {
      const recipe = recipeOf(change, mailbox);
      const seen = recipe.see(await replies(recipe, mailbox));
      return { seen, wanted: recipe.wants(seen) };
    },
    async [Symbol.asyncDispose]() {
      await exo.close();
      await network.close();
      await emulator.stop();
    },
  };
}

export function recipeOf(change: Change, mailbox: Mailbox): Recipe {
  const recipe = recipeFor(change, mailbox);
  if (recipe === undefined)
    throw new Error(`There is no recipe for ${change.cmdlet} ${JSON.stringify(change.parameters)}`);
  return recipe;
}

function mailboxFrom(row: ExoRow): Mailbox {
  const text = (name: string): string => {
    const value = row[name];
    return typeof value === "string" ? value : "";
  };
  return {
    id: text("ExchangeGuid"),
    objectId: text("ExternalDirectoryObjectId"),
    type: "user",
    primarySmtp: text("PrimarySmtpAddress"),
    displayName: text("DisplayName"),
    userPrincipalName: text("UserPrincipalName"),
    name: text("Name"),
    alias: text("Alias"),
    identity: text("Identity"),
    distinguishedName: text("DistinguishedName"),
    guid: text("Guid"),
  };
}
