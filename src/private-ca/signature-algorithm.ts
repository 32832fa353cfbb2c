import {
  type HashAlgorithm,
  type KeyAlgorithm,
  type SignatureAlgorithm,
  signatureAlgorithmFor,
  UnsupportedAlgorithmError,
} from '../pki/index.ts';
import { pcaError } from './errors.ts';

/** Keys of FIPS 204, an extension. They hash by themselves, so they are the name of their signature algorithm too. */
const mlDsaKeys = ['MLDSA44', 'MLDSA65', 'MLDSA87'] as const satisfies readonly KeyAlgorithm[];

/** Of the keys that CAs and certificates may have (reference, table 4-89), and the extension's. */
export const requestKeyAlgorithms = ['RSA2048', 'RSA4096', 'EC256', 'EC384', 'SM2', ...mlDsaKeys] as const;

const hashAlgorithms = ['SHA256', 'SHA384', 'SHA512', 'SM3'] as const satisfies readonly HashAlgorithm[];

export const requestSignatureAlgorithms = [...hashAlgorithms, ...mlDsaKeys] as const;

export type RequestSignatureAlgorithm = (typeof requestSignatureAlgorithms)[number];

export function isMlDsa(algorithm: string): boolean {
  return algorithm.startsWith('MLDSA');
}

/**
 * The algorithm that a request names for a signing key. Throws PCA.00020103 for SM3 without SM2, SM2 without SM3, and ML-DSA with
 * anything but its own name: a hash that is taken and not used would be shown as if it were.
 */
export function requireSignatureAlgorithm(
  signingKey: KeyAlgorithm,
  asked: RequestSignatureAlgorithm,
): SignatureAlgorithm {
  const hash = hashAlgorithms.find((each) => each === asked);
  if (isMlDsa(signingKey) ? asked !== signingKey : hash === undefined) throw unfit(signingKey);
  try {
    return signatureAlgorithmFor(signingKey, hash);
  } catch (error) {
    if (!(error instanceof UnsupportedAlgorithmError)) throw error;
    throw unfit(signingKey, { cause: error });
  }
}

function unfit(signingKey: KeyAlgorithm, options?: ErrorOptions) {
  const others = signingKey === 'SM2' ? 'SM3' : 'SHA256, SHA384 or SHA512';
  const remedy = isMlDsa(signingKey) ? signingKey : others;
  return pcaError(
    'PCA.00020103',
    `signature_algorithm has to fit the signing key, which is ${signingKey}: use ${remedy}.`,
    options,
  );
}

/** As `signature_algorithm` shows it: the hash, or the algorithm itself where it hashes by itself. */
export function shownSignatureAlgorithm({ hash, keyKind }: SignatureAlgorithm): string {
  return hash ?? keyKind;
}

/** GM/T 0015: an SM2 certificate is signed with SM2 and SM3; no client of that family takes another signature. Throws PCA.00020102. */
export function requireSameFamily(subjectKey: KeyAlgorithm, signingKey: KeyAlgorithm): void {
  if (subjectKey !== 'SM2' || signingKey === 'SM2') return;
  throw pcaError('PCA.00020102', 'key_algorithm SM2 needs an issuing CA whose key is SM2.');
}
