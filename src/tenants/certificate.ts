/** Reads a PEM file that holds a private key and its certificate. */
import { X509Certificate, createPrivateKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";

export interface SigningCertificate {
  /** PKCS#8 PEM. */
  readonly privateKey: string;
  readonly key: KeyObject;
  /** The certificate that belongs to the key, then the rest of the chain, as PEM. */
  readonly chain: string;
  readonly certificate: X509Certificate;
  /** SHA-256, hex without colons. */
  readonly thumbprintSha256: string;
}

/** The file does not hold what is needed. `cause` continues the sentence "Cannot sign in …:". */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/** @throws {CertificateError} naming the file and what is wrong with it */
export async function readCertificate(path: string): Promise<SigningCertificate> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    throw new CertificateError(`the certificate file "${path}" cannot be read (${code})`);
  });
  const keyPem = /-----BEGIN ((?:RSA |EC |ENCRYPTED )?PRIVATE KEY)-----[^-]+-----END \1-----/.exec(text);
  if (keyPem === null) throw new CertificateError(`"${path}" holds no private key in PEM form`);
  if (keyPem[1] === "ENCRYPTED PRIVATE KEY") {
    throw new CertificateError(`the private key in "${path}" is encrypted, which is not supported`);
  }
  let key: KeyObject;
  let certificates: X509Certificate[];
  try {
    key = createPrivateKey(keyPem[0]);
    certificates = (text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
  } catch {
    // The library's words may quote the file; its name is enough.
    throw new CertificateError(`"${path}" holds a key or certificate that cannot be parsed`);
  }
  const certificate = certificates.find((candidate) => candidate.checkPrivateKey(key));
  if (certificate === undefined) {
    throw new CertificateError(
      certificates.length === 0
        ? `"${path}" holds no certificate beside the private key`
        : `no certificate in "${path}" belongs to its private key`,
    );
  }
  const chain = [certificate, ...certificates.filter((other) => other !== certificate)];
  return {
    privateKey: key.export({ type: "pkcs8", format: "pem" }).toString(),
    key,
    chain: chain.map((link) => link.toString()).join(""),
    certificate,
    thumbprintSha256: certificate.fingerprint256.replaceAll(":", ""),
  };
}
