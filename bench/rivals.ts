/**
 * The same audit by the ways people use today, against the same emulator with realistic latency and its default throttle, all in one run:
 * one cmdlet after another (the PowerShell loop), batches of ten one after another (CIPP), and exosweep. What counts is the ratio.
 */
import { z } from "zod";
import { DEFAULT_TYPES } from "../src/runs/index.ts";
import { type Access, setStage } from "./stage.ts";

/** Model seconds pass this much faster than real ones; it is the same for all three. */
const TIME_SCALE = 20;
/** What the usual script sends for each mailbox. */
const CMDLETS = ["Get-MailboxPermission", "Get-RecipientPermission", "Get-Mailbox"] as const;
const BATCH = 10;

export interface Rivals {
  readonly mailboxes: number;
  readonly timeScale: number;
  readonly modelSeconds: {
    readonly oneByOne: number;
    readonly batchesOfTen: number;
    readonly exosweep: number;
  };
  /** How many times as fast as each way. */
  readonly exosweepIsFaster: { readonly thanOneByOne: number; readonly thanBatchesOfTen: number };
  readonly calls: { readonly usualScript: number; readonly exosweep: number };
}

/** @param mailboxes for exosweep; the slower ways do the first `few` of them and are scaled up, which their constant speed allows */
export async function compareRivals(mailboxes: number, few: number): Promise<Rivals> {
  const stage = await setStage({ mailboxes, profile: { id: "bench", ...realistic() }, workers: 2 });
  try {
    const ids = await targets(stage.url, stage.access, few);
    const client = await signIn(stage.url, stage.access);
    const oneByOne =
      (await timed(async () => {
        for (const id of ids)
          for (const cmdlet of CMDLETS) await client.post("InvokeCommand", command(cmdlet, id));
      })) *
      (mailboxes / ids.length);
    const batchesOfTen =
      (await timed(async () => {
        const calls = ids.flatMap((id) => CMDLETS.map((cmdlet) => command(cmdlet, id)));
        for (let from = 0; from < calls.length; from += BATCH)
          await client.batch(calls.slice(from, from + BATCH));
      })) *
      (mailboxes / ids.length);
    const started = await stage.app.runs.start({
      job: "permission-audit",
      tenant: "bench",
      params: {},
      scope: { kind: "all", types: [...DEFAULT_TYPES] },
    });
    let calls = 0;
    const exosweep = await timed(async () => {
      for await (const { run } of stage.app.runs.watch(started.id, new AbortController().signal)) {
        calls = run.calls.items;
        if (run.state === "paused") throw new Error(`Cannot compare: the run is paused: ${run.reason ?? ""}`);
      }
    });
    const model = (seconds: number): number => Math.round(seconds * TIME_SCALE);
    const ratio = (slow: number): number => Math.round((slow / exosweep) * 10) / 10;
    return {
      mailboxes,
      timeScale: TIME_SCALE,
      modelSeconds: {
        oneByOne: model(oneByOne),
        batchesOfTen: model(batchesOfTen),
        exosweep: model(exosweep),
      },
      exosweepIsFaster: { thanOneByOne: ratio(oneByOne), thanBatchesOfTen: ratio(batchesOfTen) },
      calls: { usualScript: mailboxes * CMDLETS.length, exosweep: calls },
    };
  } finally {
    await stage.end();
  }
}

/** The emulator's `realistic` profile, with time compressed. */
function realistic(): Record<string, unknown> {
  return {
    timeScale: TIME_SCALE,
    latency: {
      roundTrip: 40,
      overhead: 50,
      refusal: 20,
      call: { median: 300, sigma: 0.5, tail: { share: 0.005, times: 8 } },
      perRow: 1,
      cmdlets: {
        "get-mailboxpermission": { median: 850, sigma: 0.4, tail: { share: 0.005, times: 8 } },
        "get-recipientpermission": { median: 600, sigma: 0.4, tail: { share: 0.005, times: 8 } },
      },
    },
    conc: { max: 10, unit: "request", retryAfter: null },
    rate: { kind: "window", n: 3000, per: 60, unit: "item", headers: true },
  };
}

function command(cmdlet: string, identity: string): unknown {
  return { CmdletInput: { CmdletName: cmdlet, Parameters: { Identity: identity } } };
}

async function targets(url: string, access: Access, few: number): Promise<readonly string[]> {
  const text = await (await fetch(`${url}/__emulator/tenants/${access.tenantId}/targets`)).text();
  return text
    .trim()
    .split("\n")
    .slice(0, few)
    .map((line) => z.union([z.string(), z.object({ mailboxGuid: z.string() })]).parse(JSON.parse(line)))
    .map((target) => (typeof target === "string" ? target : target.mailboxGuid));
}

interface PlainClient {
  post(path: string, body: unknown): Promise<void>;
  batch(bodies: readonly unknown[]): Promise<void>;
}

/** Sends as the usual scripts do, and repeats nothing: a refusal costs them the answer, which is not counted against them here. */
async function signIn(url: string, access: Access): Promise<PlainClient> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: access.clientId,
    client_secret: access.secret,
    scope: "https://outlook.office365.com/.default",
  });
  const reply = await fetch(`${url}/${access.tenantId}/oauth2/v2.0/token`, { method: "POST", body: form });
  const { access_token: token } = z.object({ access_token: z.string() }).parse(await reply.json());
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" };
  const base = `${url}/adminapi/beta/${access.tenantId}`;
  const post = async (path: string, body: unknown): Promise<void> => {
    try {
      const answer = await fetch(`${base}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
      await answer.arrayBuffer();
    } catch {
      // The emulator breaks a connection now and then, as the service does; the scripts go on with the next mailbox, and so do we.
    }
  };
  return {
    post,
    batch: (bodies) =>
      post("$batch", {
        requests: bodies.map((body, place) => ({
          id: String(place),
          method: "POST",
          url: `${base}/InvokeCommand`,
          headers,
          body,
        })),
      }),
  };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1_000;
}
