import { setImmediate as turn } from 'node:timers/promises';
import {
  type Certificate,
  MalformedError,
  parseCertificate,
  parsePem,
  sameName,
  validateChain,
} from '../../pki/index.ts';
import { type PcaErrorCode, pcaError } from '../errors.ts';
import { withRealNewlines } from '../pem-text.ts';

/** More levels than real hierarchies have; every level costs a signature check. */
const longestImportedChain = 20;

interface Field {
  readonly name: string;
  readonly limit: number;
  readonly code: PcaErrorCode;
}

function readPem(text: string, { name, limit, code }: Field): Uint8Array[] {
  try {
    return parsePem(withRealNewlines(text), limit).map(({ label, der }) => {
      if (label !== 'CERTIFICATE') throw new MalformedError('PEM: a block is not a CERTIFICATE');
      return der;
    });
  } catch (error) {
    throw unreadable(error, { name, code });
  }
}

function readCertificate(der: Uint8Array, field: Field): Certificate {
  try {
    return parseCertificate(der);
  } catch (error) {
    throw unreadable(error, field);
  }
}

function unreadable(error: unknown, { name, code }: Pick<Field, 'name' | 'code'>): unknown {
  if (!(error instanceof MalformedError)) return error;
  return pcaError(code, `${name} cannot be read: ${error.message}.`, { cause: error });
}

/** The single certificate of a PEM text. Throws PCA.00020402. */
export function parseImportedCertificate(text: string): Certificate {
  const field: Field = { name: 'certificate', limit: 1, code: 'PCA.00020402' };
  return readCertificate(readPem(text, field)[0]!, field);
}

/** A chain may have 2 MB, so others have their turn between its certificates. */
async function readChain(text: string): Promise<Certificate[]> {
  const field: Field = { name: 'certificate_chain', limit: longestImportedChain, code: 'PCA.00020403' };
  const chain: Certificate[] = [];
  for (const der of readPem(text, field)) {
    await turn();
    chain.push(readCertificate(der, field));
  }
  return chain;
}

/** Throws PCA.00020402 unless the certificate makes its subject a CA now. */
export function requireCaCertificate(certificate: Certificate, nowMs: number): void {
  const { basicConstraints } = certificate.known;
  if (certificate.version !== 3 || basicConstraints?.ca !== true) {
    throw pcaError('PCA.00020402', 'certificate is not that of a CA: basicConstraints has to say so.');
  }
  if (certificate.notAfterMs < nowMs) throw pcaError('PCA.00020402', 'certificate has expired.');
  if (certificate.unknownCriticalExtensions.length > 0) {
    throw pcaError('PCA.00020402', 'certificate has a critical extension that is not supported.');
  }
  if (certificate.subject.length === 0) throw pcaError('PCA.00020402', 'certificate has no subject.');
}

/** The certificates above the imported one, from its issuer to the root, checked. Throws PCA.00020403. */
export async function parseImportedChain(
  text: string,
  certificate: Certificate,
  nowMs: number,
): Promise<readonly Certificate[]> {
  const sent = await readChain(text);
  // Files of chains often begin with the certificate itself.
  const startsWithItself = Buffer.compare(sent[0]!.der, certificate.der) === 0;
  const chain = startsWithItself ? sent.slice(1) : sent;
  const top = chain.at(-1);
  if (top === undefined || !sameName(top.issuer, top.subject)) {
    throw pcaError('PCA.00020403', 'certificate_chain has to be complete: it does not end with a root CA.');
  }
  // A certificate that begins later is judged when it has begun.
  const atMs = Math.max(nowMs, certificate.notBeforeMs);
  const result = await validateChain([certificate, ...chain], { atMs });
  if (result.valid) return chain;
  const place = result.index === 0 ? 'certificate' : `certificate ${result.index} of certificate_chain`;
  throw pcaError('PCA.00020403', `${place} fails: ${result.reason.toLowerCase().replaceAll('_', ' ')}.`);
}

/**
 * How many CAs may stand below, by the certificate and by all above it; null: not limited. Throws PCA.00020403 if a path length
 * above leaves no room for this CA itself: nothing it issues would be valid (RFC 5280 §6.1.4 (l), (m)).
 */
export function effectivePathLength(certificate: Certificate, chain: readonly Certificate[]): number | null {
  let least: number | null = null;
  let below = 0;
  for (const each of [certificate, ...chain]) {
    const limit = each.known.basicConstraints?.pathLength;
    if (limit !== undefined) least = Math.min(least ?? limit, limit - below);
    if (!sameName(each.issuer, each.subject)) below += 1;
  }
  if (least === null || least >= 0) return least;
  throw pcaError('PCA.00020403', 'certificate_chain: a path length leaves no room for another CA.');
}
