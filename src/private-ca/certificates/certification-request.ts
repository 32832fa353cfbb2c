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

/** Reads the `csr` field. Throws PCA.00020401 for what is malformed and for weak or unknown keys. */
export function readCertificationRequest(text: string): CertificationRequest {
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
