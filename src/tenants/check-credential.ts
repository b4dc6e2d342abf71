/** Looks a tenant's credential over before work starts: what is dangerous is refused, what will be is warned of. */
import { stat } from "node:fs/promises";
import { CertificateError, readCertificate } from "./certificate.ts";
import { SignInError } from "./tenant.ts";
import type { Tenant } from "./tenant.ts";

const DAY_MS = 86_400_000;
/** A certificate that ends sooner than this is warned of. */
const SOON_DAYS = 30;

/**
 * @returns warnings, each one sentence with what to do
 * @throws {SignInError} for a key under 2048 bits, a key file others can read, a certificate that is not valid now
 */
export async function checkCredential(
  tenant: Tenant,
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): Promise<readonly string[]> {
  const { credential } = tenant;
  if (credential.kind === "secret") {
    if ((environment[credential.env] ?? "") !== "") return [];
    const advice = `Put the client secret's value into ${credential.env}.`;
    throw new SignInError(tenant.name, `the environment variable ${credential.env} is not set`, advice);
  }
  if (credential.kind !== "certificate") return [];
  return checkCertificate(tenant, credential.path, credential.thumbprint, nowMs);
}

async function checkCertificate(
  tenant: Tenant,
  path: string,
  thumbprint: string | undefined,
  nowMs: number,
): Promise<readonly string[]> {
  const refuse = (cause: string, advice: string): never => {
    throw new SignInError(tenant.name, cause, advice);
  };
  const found = await readCertificate(path).catch((error: unknown) => {
    if (!(error instanceof CertificateError)) throw error;
    return refuse(error.message, "Give a PEM file with the private key and its certificate.");
  });
  if (process.platform !== "win32" && ((await stat(path)).mode & 0o077) !== 0) {
    refuse(`other users of this machine can read the private key in "${path}"`, `Run: chmod 600 "${path}"`);
  }
  const bits = found.key.asymmetricKeyDetails?.modulusLength;
  if (found.key.asymmetricKeyType !== "rsa" || bits === undefined || bits < 2048) {
    const size = bits === undefined ? (found.key.asymmetricKeyType ?? "unknown") : `${bits} bit`;
    refuse(`the key in "${path}" is too weak (${size})`, "Use an RSA key of 2048 bits or more.");
  }
  if (thumbprint !== undefined && !matches(thumbprint, found.certificate)) {
    refuse(
      `the certificate in "${path}" does not have the configured thumbprint`,
      "Correct certificate.thumbprint or certificate.path.",
    );
  }
  if (found.certificate.validFromDate.getTime() > nowMs) {
    refuse(`the certificate in "${path}" is not valid yet`, "Check the clock and the certificate.");
  }
  const leftMs = found.certificate.validToDate.getTime() - nowMs;
  if (leftMs <= 0)
    refuse(`the certificate in "${path}" has expired`, "Create a new one and upload it to the app.");
  if (leftMs > SOON_DAYS * DAY_MS) return [];
  return [
    `The certificate of tenant "${tenant.name}" expires in ${Math.ceil(leftMs / DAY_MS)} days: create a new one and upload it to the app beside the old`,
  ];
}

/** Thumbprints are written in SHA-1 (the portal) or SHA-256, in any case, with or without colons. */
function matches(thumbprint: string, certificate: { fingerprint: string; fingerprint256: string }): boolean {
  const plain = (text: string): string => text.replace(/[\s:]/g, "").toUpperCase();
  return [certificate.fingerprint, certificate.fingerprint256].map(plain).includes(plain(thumbprint));
}
