/** Settings of messages: what cannot be is named with its line and why, and nothing of it is repeated. */
import { describe, expect, test } from "vitest";
import { defaultSettings, parseSettings, SettingsError } from "../../src/config.ts";

const TENANTS = `tenants:
  - name: contoso
    tenantId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9e
    domain: contoso.onmicrosoft.com
    clientId: 11111111-2222-3333-4444-555555555555
    secret: { env: APP }
  - name: person
    tenantId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9f
    domain: fabrikam.onmicrosoft.com
    deviceCode: {}
  - name: emulated
    tenantId: 8f6c1f5e-3f1e-4a59-8d0c-6f3a2b1c0d9a
    domain: emulated.onmicrosoft.com
    clientId: 11111111-2222-3333-4444-555555555555
    secret: { env: APP }
    cloud: { login: "https://login.example", exchange: "https://exchange.example" }
insecureHosts: [hooks]
notify:
  sinks:
`;
/** The line of the first sink. */
const LINE = 20;

function mistakes(sinks: string): readonly string[] {
  try {
    parseSettings(`${TENANTS}${sinks}`, "exosweep.yaml");
  } catch (error) {
    if (error instanceof SettingsError) return error.mistakes;
    throw error;
  }
  return [];
}

const mail = (more: string): string =>
  `    - { name: m, email: { tenant: contoso, via: smtp, from: a@contoso.com, to: [b@contoso.com], ${more} } }`;
const hook = (url: string, more = ""): string =>
  `    - { name: h, webhook: { url: "${url}", secret: { env: HOOK } }${more} }`;

describe("sinks", () => {
  test("are none when nothing is said, and tell what matters when they say no more", () => {
    expect(defaultSettings().notify).toMatchObject({ sinks: [], privateHosts: [], timeoutMs: 30_000 });
    const [sink] = parseSettings(`${TENANTS}${hook("https://hooks.example/a?b=c")}`, "f").notify.sinks;
    expect(sink).toMatchObject({
      tell: ["new", "gone", "members", "trouble"],
      severity: "medium",
      details: "rules",
    });
  });

  test.each(["https://hooks.example/", "http://127.0.0.1:8080/", "http://localhost/", "http://hooks/x"])(
    "may be webhooks at %s",
    (url) => {
      expect(mistakes(hook(url))).toEqual([]);
    },
  );

  test.each([
    [
      "http://hooks.example/",
      "expected https: plain http is for loopback and for hosts named in insecureHosts",
    ],
    ["https://user:word@hooks.example/", "expected a URL without user and fragment"],
    ["https://hooks.example/#x", "expected a URL without user and fragment"],
    ["ftp://hooks.example/", "expected a URL that starts with https://"],
    ["file:///etc/passwd", "expected a URL that starts with https://"],
    ["javascript:alert(1)", "expected a URL that starts with https://"],
    ["hooks", "expected a URL that starts with https://"],
  ])("may not be webhooks at %s", (url, why) => {
    expect(mistakes(hook(url))).toEqual([`line ${LINE}: notify.sinks[0].webhook.url: ${why}`]);
  });

  test.each([
    ["password: hunter2", "password"],
    ["user: a@contoso.com", "user"],
    ["auth: { user: a, pass: hunter2 }", "auth"],
  ])("that would sign in with a password are refused with the reason: %s", (more, key) => {
    const [mistake = "", ...others] = mistakes(mail(more));
    expect(others).toEqual([]);
    expect(mistake).toContain(`line ${LINE}: notify.sinks[0].email.${key}: basic authentication is refused`);
    expect(mistake).toContain("550 5.7.30");
    expect(mistake).toContain("SMTP.SendAsApp");
    expect(mistake).toContain("Mail.Send");
    expect(mistake).not.toContain("hunter2");
  });

  test.each(["host: smtp.evil.example", "port: 25"])("name no mail server: %s", (more) => {
    expect(mistakes(mail(more))).toEqual([expect.stringContaining("no server can be named")]);
  });

  test.each([
    ["tenant: nobody", "expected the name of a tenant of these settings"],
    ["tenant: person", "expected a tenant with an app of its own: nobody is there at night to enter a code"],
    ["tenant: emulated", "its cloud is { login, exchange }: expected graph there, too"],
  ])("that send mail by %s cannot", (tenant, why) => {
    const text = `    - { name: m, email: { ${tenant}, via: graph, from: a@contoso.com, to: [b@contoso.com] } }`;
    expect(mistakes(text)).toEqual([`line ${LINE}: notify.sinks[0].email.tenant: ${why}`]);
  });

  test("keep no secret in the settings", () => {
    const inline = `    - { name: h, webhook: { url: "https://h.example/", secret: whsec_c2VjcmV0 } }
    - { name: t, teams: { url: "https://flows.example/?sig=c2VjcmV0" } }
    - { name: u, teams: { url: { env: "https://flows.example/?sig=c2VjcmV0" } } }
    - { name: v, teams: { url: { env: A, file: b } } }`;
    const found = mistakes(inline);
    expect(found).toEqual([
      expect.stringContaining("never the secret itself"),
      expect.stringContaining("never the address itself"),
      expect.stringContaining("expected the name of an environment variable"),
      expect.stringContaining("expected { env: NAME } or { file: PATH }"),
    ]);
    expect(found.join()).not.toContain("c2VjcmV0");
  });

  test("have one way, one name, and addresses that are some", () => {
    expect(mistakes("    - { name: n }")).toEqual([
      `line ${LINE}: notify.sinks[0]: expected exactly one of webhook, teams, email, got none`,
    ]);
    expect(mistakes(hook("https://h.example/", ", teams: { url: { env: A } }"))).toEqual([
      `line ${LINE}: notify.sinks[0]: expected exactly one of webhook, teams, email, got webhook and teams`,
    ]);
    expect(
      mistakes(`${hook("https://h.example/")}\n${hook("https://h.example/").replace("name: h", "name: H")}`),
    ).toEqual([`line ${LINE + 1}: notify.sinks[1].name: expected unique names, got "H" twice`]);
    for (const bad of ["a@x\\r\\nBcc: e@evil.example", "a", "<a@x>", "a@x, b@y", "a @x"])
      expect(mistakes(mail("").replace("b@contoso.com", `"${bad}"`))).toEqual([
        expect.stringContaining("expected an address"),
      ]);
    expect(mistakes(hook("https://h.example/", ", tell: [everything]"))).toEqual([
      expect.stringContaining("expected new, gone, members, changes, trouble"),
    ]);
  });
});
