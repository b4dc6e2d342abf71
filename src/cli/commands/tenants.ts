/** `exosweep tenants`: who we may sign in to. */
import { Command } from "commander";
import type { Host } from "../host.ts";
import { printList } from "../output.ts";
import { tenantView } from "../views/tenant.ts";

export function tenantsCommand(host: Host): Command {
  const tenants = new Command("tenants").description("The tenants of the settings file").helpCommand(false);
  tenants
    .command("list")
    .description("all tenants, and how we sign in to them")
    .action(
      host.action(async (session) => {
        const settings = await session.settings();
        await printList(session, settings.tenants.map(tenantView), [
          "name",
          "domain",
          "tenantId",
          "signIn",
          "cloud",
        ]);
        if (settings.tenants.length === 0)
          session.terminal.note('no tenants yet: make a settings file with "exosweep init"');
      }),
    );
  return tenants;
}
