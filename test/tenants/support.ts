/** A sign-in service that says what the test writes down, and a tenant that signs in there. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { createNetwork } from "../../src/network/index.ts";
import type { Network } from "../../src/network/index.ts";
import { tenantFrom } from "../../src/tenants/index.ts";
import type { Tenant } from "../../src/tenants/index.ts";

export const TENANT_ID = "11111111-2222-4333-8444-555555555555";
export const CLIENT_ID = "99999999-8888-4777-8666-555555555555";

export interface LoginAsked {
  readonly path: string;
  readonly form: URLSearchParams;
}

export interface LoginSaid {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
  readonly afterMs?: number;
}

export async function loginServer(
  answer: (asked: LoginAsked, count: number) => LoginSaid | "reset",
): Promise<{ origin: string; asked: LoginAsked[] }> {
  const asked: LoginAsked[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => (text += String(chunk)));
    request.on("end", () => {
      const one = { path: (request.url ?? "").split("?")[0] ?? "", form: new URLSearchParams(text) };
      asked.push(one);
      const said = answer(one, asked.length);
      if (said === "reset") return void request.socket.destroy();
      const send = (): void => {
        response.writeHead(said.status ?? 200, { "content-type": "application/json", ...said.headers });
        response.end(typeof said.body === "string" ? said.body : JSON.stringify(said.body));
      };
      setTimeout(send, said.afterMs ?? 0);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** An unsigned token with these claims; nobody here checks signatures. */
export function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.c2lnbmF0dXJl`;
}

export function tokenReply(value = jwt({ tid: TENANT_ID }), expiresIn = 3_600): LoginSaid {
  return {
    body: { token_type: "Bearer", expires_in: expiresIn, ext_expires_in: expiresIn, access_token: value },
  };
}

/** As the service says no: `exo-protocol.md` 2 and the published AADSTS numbers. */
export function refusal(code: number, error = "invalid_client", status = 401): LoginSaid {
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${code}: Some words of the service. Trace ID: x`,
      error_codes: [code],
      correlation_id: "c",
    },
  };
}

export type Proof =
  | { secret: { env: string } }
  | { certificate: { path: string; thumbprint?: string } }
  | { deviceCode: Record<string, never> };

export function tenantAt(origin: string, proof: Proof = { secret: { env: "SECRET" } }): Tenant {
  return tenantFrom(
    {
      name: "contoso",
      tenantId: TENANT_ID,
      domain: "contoso.onmicrosoft.com",
      clientId: CLIENT_ID,
      cloud: { login: origin, exchange: origin },
      ...proof,
    },
    [],
  );
}

export function network(): Network {
  const made = createNetwork({ connections: 4, environment: {} });
  onTestFinished(() => made.close());
  return made;
}
