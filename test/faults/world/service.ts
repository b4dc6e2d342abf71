/** The emulator as a process, and its back door. */
import { resolve } from "node:path";
import type {
  EmulatorOptions,
  LedgerSummary,
  ProfilePatch,
  ScriptedFault,
  TenantAccess,
} from "../../../src/emulator/index.ts";
import { type Fact, type Heard, readLedger, readTruth } from "../checker/index.ts";
import { Child } from "./child.ts";

/** Connection-id of whoever else works on a tenant: the judge knows that it is not us. */
export const RIVAL = "00000000-0000-4000-8000-000000000001";

export class Service implements AsyncDisposable {
  readonly #child: Child;
  readonly url: URL;
  readonly tenants: readonly TenantAccess[];

  private constructor(child: Child, url: string, tenants: readonly TenantAccess[]) {
    this.#child = child;
    this.url = new URL(url);
    this.tenants = tenants;
  }

  static async start(options: EmulatorOptions): Promise<Service> {
    const child = new Child(process.execPath, [
      "--disable-warning=ExperimentalWarning",
      resolve("src/emulator/main.ts"),
      JSON.stringify(options),
    ]);
    const { url, tenants } = JSON.parse(await child.line('{"url"')) as {
      readonly url: string;
      readonly tenants: readonly TenantAccess[];
    };
    return new Service(child, url, tenants);
  }

  freeze(): void {
    this.#child.signal("SIGSTOP");
  }

  thaw(): void {
    this.#child.signal("SIGCONT");
  }

  /** Number of the next call. */
  async heard(): Promise<number> {
    return (await this.summary()).arrived;
  }

  async summary(): Promise<LedgerSummary> {
    return JSON.parse(await this.#ask("ledger/summary")) as LedgerSummary;
  }

  async ledger(tenantId: string, from: number): Promise<readonly Heard[]> {
    return readLedger(await this.#ask(`tenants/${tenantId}/ledger?from=${from}`));
  }

  async truth(tenantId: string): Promise<readonly Fact[]> {
    return readTruth(await this.#ask(`tenants/${tenantId}/truth`));
  }

  async targets(tenantId: string): Promise<readonly string[]> {
    const text = await this.#ask(`tenants/${tenantId}/targets`);
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as string);
  }

  /** Deletes mailboxes. */
  async remove(tenantId: string, subjects: readonly string[]): Promise<void> {
    await this.#ask(`tenants/${tenantId}/removed`, { method: "POST", body: JSON.stringify(subjects) });
  }

  /** Requests and calls being worked on, and writes that will be executed although their callers have given up. */
  async inFlight(): Promise<{ readonly requests: number; readonly calls: number; readonly late: number }> {
    return JSON.parse(await this.#ask("in-flight")) as { requests: number; calls: number; late: number };
  }

  async setProfile(patch: ProfilePatch): Promise<void> {
    await this.#ask("profile", { method: "PUT", body: JSON.stringify(patch) });
  }

  async addFaults(script: readonly ScriptedFault[]): Promise<void> {
    await this.#ask("faults", { method: "POST", body: JSON.stringify(script) });
  }

  async clearFaults(): Promise<void> {
    await this.#ask("faults", { method: "DELETE" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.thaw();
    await this.#child.end("SIGKILL");
  }

  /** Another administrator, by plain HTTP. */
  async signIn(tenantId: string): Promise<(cmdlet: string, parameters: object) => Promise<string>> {
    const tenant = this.tenants.find((known) => known.tenantId === tenantId);
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: tenant?.clientId ?? "",
      client_secret: tenant?.secret ?? "",
      scope: "https://outlook.office365.com/.default",
    });
    const signedIn = await fetch(new URL(`/${tenantId}/oauth2/v2.0/token`, this.url), {
      method: "POST",
      body: form,
    });
    const { access_token: token } = (await signedIn.json()) as { readonly access_token: string };
    return async (cmdlet, parameters) => {
      const answered = fetch(new URL(`/adminapi/beta/${tenantId}/InvokeCommand`, this.url), {
        method: "POST",
        headers: {
          Authorization: `Bearer ${token}`,
          "Content-Type": "application/json; charset=utf-8",
          "X-CmdletName": cmdlet,
          "X-ResponseFormat": "json",
          "X-AnchorMailbox": `UPN:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@${tenant?.domain ?? ""}`,
          "connection-id": RIVAL,
        },
        body: JSON.stringify({ CmdletInput: { CmdletName: cmdlet, Parameters: parameters } }),
        signal: AbortSignal.timeout(2_000),
      });
      // Its reply may be lost as well: what it did stands all the same.
      return answered.then((response) => response.text()).catch(() => "");
    };
  }

  /** What rows of permissions call a mailbox. */
  async nameOf(tenantId: string, subject: string): Promise<string> {
    const rows = await (await this.signIn(tenantId))("Get-MailboxPermission", { Identity: subject });
    return /"Identity":"([^"]+)"/.exec(rows)?.[1] ?? subject;
  }

  async #ask(path: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(new URL(`/__emulator/${path}`, this.url), init);
    const text = await response.text();
    if (!response.ok) throw new Error(`The emulator refused ${path}: ${text}`);
    return text;
  }
}
