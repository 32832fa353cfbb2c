import { createHash } from 'node:crypto';
import {
  type Certificate,
  MalformedError,
  parseCertificate,
  parseCsr,
  samePublicKey,
} from '../../pki/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { requireLinked } from '../certificates/certificate-chain.ts';
import { signatureAlgorithmName } from '../certificates/signature-algorithm-name.ts';
import { readBoundName } from '../csrs/bound-name.ts';
import type { CertificateApplication, IssuedSslCertificate } from '../issuers/issuer.ts';

/** Clocks of issuers may be ahead by so much; a certificate that begins later is of no use now. */
const clockToleranceMs = 5 * 60_000;

/** Columns that a certificate fills. */
export interface AcceptedCertificate {
  readonly certificate_der: Uint8Array;
  readonly chain_der: Uint8Array;
  readonly fingerprint: string;
  readonly signature_algorithm: string;
  readonly not_before: number;
  readonly not_after: number;
}

/** Whether what an issuer sent is what was applied for: it is not shown to anybody otherwise. */
export async function acceptCertificate(
  request: CertificateApplication,
  issued: IssuedSslCertificate,
  nowMs: number,
): Promise<AcceptedCertificate | { readonly problem: string }> {
  try {
    const certificate = parseCertificate(issued.certificateDer);
    const chain = issued.chainDer.map((der) => parseCertificate(der));
    const problem = problemOf(request, certificate, nowMs);
    if (problem !== undefined) return { problem };
    await requireLinked([certificate, ...chain]);
    return {
      certificate_der: issued.certificateDer,
      chain_der: Buffer.concat(issued.chainDer),
      fingerprint: createHash('sha1').update(issued.certificateDer).digest('hex'),
      signature_algorithm: signatureAlgorithmName(certificate),
      not_before: certificate.notBeforeMs,
      not_after: certificate.notAfterMs,
    };
  } catch (error) {
    if (error instanceof MalformedError) return { problem: `it cannot be read: ${error.message}` };
    if (error instanceof ServiceError) return { problem: `its chain is wrong: ${error.detail}` };
    throw error;
  }
}

function problemOf(
  request: CertificateApplication,
  certificate: Certificate,
  nowMs: number,
): string | undefined {
  if (!samePublicKey(certificate.spki, parseCsr(request.csrDer).spki)) return 'it is for another key';
  if (!sameSet(namesOf(certificate), request.names)) return 'it is for other names';
  if (certificate.notBeforeMs > nowMs + clockToleranceMs) return 'it is not valid yet';
  if (certificate.notAfterMs <= nowMs) return 'it has expired';
  return undefined;
}

function namesOf({ known }: Certificate): string[] {
  return (known.subjectAlternativeNames ?? []).map((name) => {
    const text = name.type === 'DNS' || name.type === 'IP' ? name.value : name.type;
    const read = readBoundName(text);
    return 'name' in read ? read.name : text;
  });
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return new Set(one).symmetricDifference(new Set(other)).size === 0;
}
