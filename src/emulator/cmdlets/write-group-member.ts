/** `Add-` and `Remove-DistributionGroupMember`: who is a member already, or is none, is an error (exo-protocol.md 8.5, 10.16). */
import type { CmdletRequest } from "../cmdlet.ts";
import { membersNow } from "../organisation/members.ts";
import type { Model } from "../organisation/model.ts";
import type { Recipient } from "../organisation/recipient.ts";
import { type Definition, MANAGERS } from "./define.ts";
import { oneObject } from "./objects.ts";
import { Refusal, required, textOf } from "./parameters.ts";

export const addDistributionGroupMember = membership("Add-DistributionGroupMember", true);
export const removeDistributionGroupMember = membership("Remove-DistributionGroupMember", false);

function membership(name: string, isAdded: boolean): Definition {
  return {
    name,
    roles: MANAGERS,
    writes: true,
    parameters: ["Identity", "Member", "BypassSecurityGroupManagerCheck"],
    subject(model, request) {
      const [group, ...others] = model.directory.find(textOf(request, "Identity") ?? "");
      return group && isDistribution(group) && others.length === 0 ? group.objectId : undefined;
    },
    run(model, request) {
      const group = oneObject(model, textOf(request, "Identity"), isDistribution);
      const { index, name: member } = memberOf(model, request);
      const before = membersNow(model, group, "latest");
      if (before.includes(index) === isAdded)
        throw new Refusal({
          kind: isAdded ? "member-exists" : "member-missing",
          subject: member,
          detail: group.name,
        });
      model.overlay.write(group.index, request, ({ members = before, ...state }) => ({
        ...state,
        members: isAdded ? [...members, index] : members.filter((other) => other !== index),
      }));
      return { kind: "nothing" };
    },
  };
}

/** Of the groups with members of their own; a Microsoft 365 group has links instead. */
function isDistribution({ kind }: Recipient): boolean {
  return kind === "distribution" || kind === "mail-security";
}

function memberOf(model: Model, request: CmdletRequest): Recipient {
  const identity = required(request, "Member");
  return oneObject(model, identity, ({ isRecipient }) => isRecipient, "argument-not-found");
}
