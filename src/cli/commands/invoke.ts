/** `exosweep invoke`: one cmdlet, like curl. Reads only: writes go through plans. */
import type { Command } from "commander";
import type { ParameterValue } from "../../job/index.ts";
import { effectOf } from "../../exo/index.ts";
import { EXIT } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { argument } from "../host.ts";
import { splitParameters } from "../job-parameters.ts";
import { collect } from "../options.ts";
import { listPrinter } from "../output.ts";
import { UsageError } from "../usage.ts";

interface InvokeOptions {
  readonly tenant: string;
  readonly param: readonly string[];
  readonly select?: string;
}

export function defineInvoke(command: Command, host: Host): void {
  command
    .argument("<cmdlet>", "a cmdlet that begins with Get- or Test-")
    .requiredOption("--tenant <name>", "name of the tenant in the settings")
    .option(
      "--param <key=value>",
      "a parameter; $true, $false and $null mean what they say; key:=JSON for lists and numbers",
      collect,
      [],
    )
    .option("--select <properties>", "only these properties, with commas")
    .action(
      host.action(async (session, command) => {
        const cmdlet = argument(command, 0);
        const options = command.opts<InvokeOptions>();
        const parameters = invokeParameters(options.param);
        if (!/^[a-z]+-[a-z0-9]+$/i.test(cmdlet) || effectOf(cmdlet, parameters) !== "read")
          throw new UsageError(
            `Cannot invoke "${cmdlet}": only cmdlets that read (Get-…, Test-…) are sent without a plan`,
            "use a reading cmdlet; nothing was sent",
          );
        const app = await session.app();
        const exo = await app.exchange(options.tenant);
        const reply = await exo.invoke(cmdlet, parameters, {
          lane: "interactive",
          signal: session.signals.soft,
          ...(options.select === undefined
            ? {}
            : { select: options.select.split(",").map((name) => name.trim()) }),
        });
        const printer = listPrinter(session, undefined, "json");
        await printer.add(reply.rows);
        await printer.end();
        for (const warning of reply.warnings) session.terminal.note(`warning: ${warning}`, "yellow");
        for (const error of reply.errors) session.terminal.note(`error: ${error}`, "red");
        return reply.errors.length > 0 ? EXIT.itemFailures : EXIT.ok;
      }),
    );
}

/** What PowerShell calls them. */
const VARIABLES: ReadonlyMap<string, ParameterValue> = new Map([
  ["$true", true],
  ["$false", false],
  ["$null", null],
]);

/** Texts as they are; `$true`, `$false`, `$null`; and `key:=JSON` for the rest. */
function invokeParameters(words: readonly string[]): Record<string, ParameterValue> {
  const parameters: Record<string, ParameterValue> = {};
  for (const [name, text] of splitParameters(words)) {
    const variable = VARIABLES.get(text.toLowerCase());
    if (name.endsWith(":")) parameters[name.slice(0, -1)] = jsonValue(name, text);
    else parameters[name] = variable === undefined ? text : variable;
  }
  return parameters;
}

function jsonValue(name: string, text: string): ParameterValue {
  try {
    return JSON.parse(text) as ParameterValue;
  } catch (error) {
    throw new UsageError(
      `Cannot read --param "${name}=": expected JSON after ":="`,
      'write for example --param "Properties:=[1,2]"',
      { cause: error },
    );
  }
}
