/** A tenant that changes while a run goes on: mailboxes are deleted, and their addresses given to others. */
import type { Family } from "../family.ts";

export const churn: Family = {
  id: "F21",
  title: "mailboxes are deleted in the middle of runs, and their addresses given to others",
  iterations: 4,
  world: {
    tenants: 2,
    profile: { quirks: { lostWriteReply: 0.1, lostWriteRequest: 0.1, faultyWritesOnce: true } },
  },
  // A grantee that was deleted is refused; a mailbox that was deleted is gone.
  allowances: { outcomes: ["gone", "failed"] },
  strikesUntil: 0.5,
  async strike({ world, cases, random, reached }) {
    for (const of of cases) {
      const rival = await world.service.signIn(of.tenantId);
      const living = [...(await world.service.targets(of.tenantId))];
      for (let times = 5; times > 0; times -= 1) {
        const [victim = ""] = living.splice(random.between(0, living.length - 1), 1);
        const heir = random.pick(living);
        const before = await rival("Get-Mailbox", { Identity: victim });
        const address = /"PrimarySmtpAddress":"([^"]+)"/.exec(before)?.[1] ?? "";
        const sid = /"Sid":"([^"]+)"/.exec(await rival("Get-User", { Identity: victim }))?.[1] ?? "";
        for (const id of [victim, sid]) of.churned(id);
        await world.service.remove(of.tenantId, [victim]);
        await rival("Set-Mailbox", {
          Identity: heir,
          EmailAddresses: { "@odata.type": "#Exchange.GenericHashTable", add: `smtp:${address}` },
        });
        const after = await rival("Get-Mailbox", { Identity: address });
        // What was lost on the way is no churn.
        if (after.toLowerCase().includes(heir)) reached.faults += 1;
      }
    }
  },
};
