import {
  type CertificationRequest,
  MalformedError,
  parseCsr,
  parseSinglePem,
  UnsupportedAlgorithmError,
} from '../../pki/index.ts';
import type { ServiceError } from '../../platform/errors.ts';
import { pcaError } from '../errors.ts';
import type { Issuer } from '../issuer.ts';
import { withRealNewlines } from '../pem-text.ts';
import { isMlDsa } from '../signature-algorithm.ts';
import type { Validity } from '../validity.ts';

/** A request whose proof of possession was checked, and the issuer that may fulfil it. */
export interface AcceptedRequest {
  readonly csr: CertificationRequest;
  readonly issuer: Issuer;
  readonly validity: Validity;
  readonly enterpriseProjectId: string;
}

export function incorrectCsr(detail: string, options?: ErrorOptions): ServiceError {
  return pcaError('PCA.00020401', detail, options);
}

/** RFC 7468 §7, and the label that older software writes. */
const labels = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST'];

/** Characters of the `csr` field. The reference's limit has no room for a key and a signature of ML-DSA, of any length. */
export const longestCsr = { ofReference: 5120, ofMlDsa: 16_384 } as const;

/** Reads the `csr` field. Throws PCA.00020401 for what is malformed or too long and for weak or unknown keys. */
export function readCertificationRequest(text: string): CertificationRequest {
  const request = parsed(text);
  if (text.length > longestCsr.ofReference && !isMlDsa(request.publicKey.kind)) {
    throw incorrectCsr(`csr must have at most ${longestCsr.ofReference} characters.`);
  }
  return request;
}

function parsed(text: string): CertificationRequest {
  try {
    return parseCsr(parseSinglePem(withRealNewlines(text), ...labels));
  } catch (error) {
    throw refusalOf(error);
  }
}

/** Proves that whoever made the request holds its private key. Rejects with PCA.00020401. */
export async function requirePossession(request: CertificationRequest): Promise<void> {
  const proven = await request.verify().catch((error: unknown) => {
    throw refusalOf(error);
  });
  if (!proven) throw incorrectCsr('csr: its signature does not fit its public key.');
}

function refusalOf(error: unknown): unknown {
  const isRefused = error instanceof MalformedError || error instanceof UnsupportedAlgorithmError;
  return isRefused ? incorrectCsr(`csr: ${error.message}.`, { cause: error }) : error;
}
