/** `exosweep tenants`: who we may sign in to, and whether we can. */
import type { Command } from "commander";
import { wordsFor } from "../error-words.ts";
import { EXIT, exitCodeOfError } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { printList, printRecord } from "../output.ts";
import type { Session } from "../session.ts";
import { checkTenant, checkText } from "../tenant-check.ts";
import type { TenantCheck } from "../tenant-check.ts";
import { UsageError } from "../usage.ts";
import { tenantView } from "../views/tenant.ts";

export function defineTenants(tenants: Command, host: Host): void {
  tenants.helpCommand(false);
  tenants
    .command("list")
    .description("all tenants, and how we sign in to them")
    .action(
      host.action(async (session) => {
        const { tenants: found } = await session.settings();
        await printList(session, found.map(tenantView), ["name", "domain", "tenantId", "signIn", "cloud"]);
        if (found.length === 0)
          session.terminal.note('no tenants yet: make a settings file with "exosweep init"');
      }),
    );
  tenants
    .command("test [names...]")
    .description("sign in, ask which cmdlets the app may run, read one mailbox; says which roles are missing")
    .action(host.action((session, command) => testTenants(session, command.args)));
}

/** Longest a tenant is waited for: what is not reached by then is told as not reached. */
const PATIENCE_MS = 8_000;

/** Tests these tenants, or all; one that fails does not keep the others from being tested. */
async function testTenants(session: Session, named: readonly string[]): Promise<number> {
  const app = await session.app(PATIENCE_MS);
  const names = named.length > 0 ? named : app.tenants.map((tenant) => tenant.name);
  if (names.length === 0)
    throw new UsageError("Cannot test: there are no tenants", 'make a settings file with "exosweep init"');
  const tests = await Promise.allSettled(
    names.map(async (name) =>
      checkTenant(name, await app.exchange(name), app.catalogue, session.signals.soft),
    ),
  );
  const checks: TenantCheck[] = [];
  let exitCode: number = EXIT.ok;
  for (const test of tests) {
    if (test.status === "fulfilled") {
      checks.push(test.value);
      if (!test.value.ready) exitCode ||= EXIT.notAllowed;
      continue;
    }
    if (names.length === 1) throw test.reason;
    session.terminal.note(wordsFor(test.reason, session.debug), "red");
    exitCode ||= exitCodeOfError(test.reason);
  }
  if (checks[0] !== undefined && names.length === 1) {
    const [check] = checks;
    await printRecord(session, check, () => checkText(check));
  } else if (session.format === undefined || session.format === "table") {
    await session.terminal.text(checks.map(checkText).join("\n\n"));
  } else {
    await printList(session, checks, ["tenant", "offered", "mailboxRead", "ready", "cmdlets"]);
  }
  return exitCode;
}
