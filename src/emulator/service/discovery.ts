/** The other addresses under a tenant: cmdlet discovery, banner, service document, metadata (`exo-protocol.md` 1.1 to 1.3). */
import type { Tenant } from "../tenant.ts";
import { decoded } from "../receive.ts";
import type { World } from "../world.ts";
import type { Answer } from "./answer.ts";
import type { BatchItem } from "./batch.ts";
import type { Place } from "./call.ts";
import { jsonText } from "./encode.ts";
import { itemHeaders } from "./headers.ts";
import { deniedCmdlet, gatewayError, plainError, type Responder } from "./refusals.ts";
import type { Caller } from "./tokens.ts";

export function discovery(
  world: World,
  tenant: Tenant,
  caller: Caller,
  target: NonNullable<BatchItem["target"]>,
  place: Place,
  by: Responder,
): Answer {
  const resource = target.resource.replace(/\/$/, "");
  const headers = itemHeaders(by.requestId, by.server, 200);
  const base = `${place.origin}${place.path.split("/").slice(0, 4).join("/")}`;
  if (target.version !== "beta" && target.version !== "v1.0")
    return plainError(404, "An server side error occured.", by);
  if (place.method !== "GET")
    return plainError(405, "The requested resource does not support http method.", by);
  if (/^EXOModuleFile$/i.test(resource))
    return caller.groups ? moduleFile(world, tenant, caller, base, by) : deniedCmdlet(world, by);
  if (/^EXOBanner\('[^']*'\)$/i.test(decoded(resource)))
    return {
      status: 200,
      headers,
      body: `{"@odata.context":${jsonText(`${base}/$metadata#EXOBanner/$entity`, true)},"value":[]}`,
    };
  if (resource === "")
    return {
      status: 200,
      headers,
      body: `{"@odata.context":${jsonText(`${base}/$metadata`, true)},"value":[{"name":"Mailbox","kind":"EntitySet","url":"Mailbox"},{"name":"CasMailbox","kind":"EntitySet","url":"CasMailbox"},{"name":"Recipient","kind":"EntitySet","url":"Recipient"}]}`,
    };
  if (/^(\$|%24)metadata$/i.test(resource))
    return { status: 200, headers: { ...headers, "Content-Type": "application/xml" }, body: METADATA };
  return plainError(404, "An server side error occured.", by);
}

/** The list of cmdlets is trimmed to the caller's roles. */
function moduleFile(world: World, tenant: Tenant, caller: Caller, base: string, by: Responder): Answer {
  const headers = itemHeaders(by.requestId, by.server, 200);
  const context = `"@odata.context":${jsonText(`${base}/$metadata#EXOModuleFile`, true)}`;
  const form = world.profile.get().quirks.discovery;
  if (form === "unavailable") return gatewayError(503, true, by);
  if (form === "empty") return { status: 200, headers, body: `{${context},"value":[]}` };
  const cmdlets = [...tenant.organisation.cmdlets.values()].filter((cmdlet) =>
    cmdlet.roles.some((role) => caller.groups?.has(role)),
  );
  const exported = cmdlets.map((cmdlet) => cmdlet.name).join(",");
  const content = cmdlets
    .map((cmdlet) => {
      const parameters = cmdlet.parameters.map((name) => `    \${${name}}`).join(",\n");
      return `function ${cmdlet.name}\n{\n  [CmdletBinding()]\n  param(\n${parameters}\n  )\n}\n`;
    })
    .join("\n");
  const body = `{${context},"value":[{"fileName":"ExchangeOnline.psm1","fileContent":${jsonText(content, true)},"exportedCmdlets":${jsonText(exported, true)}}]}`;
  return { status: 200, headers, body };
}

const METADATA = `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices><Schema Namespace="Exchange" xmlns="http://docs.oasis-open.org/odata/ns/edm">
<ComplexType Name="GenericHashTable" BaseType="Exchange.OpenComplexEntry" OpenType="true" />
<ComplexType Name="CmdletInvokeInputType"><Property Name="CmdletName" Type="Edm.String" Nullable="false" /><Property Name="Parameters" Type="Exchange.GenericHashTable" /></ComplexType>
<Action Name="InvokeCommand"><Parameter Name="CmdletInput" Type="Exchange.CmdletInvokeInputType" /><ReturnType Type="Collection(Exchange.GenericHashTable)" /></Action>
<EntityContainer Name="Container"><ActionImport Name="InvokeCommand" Action="Exchange.InvokeCommand" /></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>
`;
