import {
  type HashAlgorithm,
  type KeyAlgorithm,
  type SignatureAlgorithm,
  signatureAlgorithmFor,
  UnsupportedAlgorithmError,
} from '../pki/index.ts';
import { pcaError } from './errors.ts';

/** Of the keys that CAs and certificates may have (reference, table 4-89). */
export const requestKeyAlgorithms = ['RSA2048', 'RSA4096', 'EC256', 'EC384', 'SM2'] as const;

export const requestHashAlgorithms = [
  'SHA256',
  'SHA384',
  'SHA512',
  'SM3',
] as const satisfies readonly HashAlgorithm[];

/** The algorithm a signing key signs with under a hash. Throws PCA.00020103 for SM3 without SM2 and SM2 without SM3. */
export function requireSignatureAlgorithm(signingKey: KeyAlgorithm, hash: HashAlgorithm): SignatureAlgorithm {
  try {
    return signatureAlgorithmFor(signingKey, hash);
  } catch (error) {
    if (!(error instanceof UnsupportedAlgorithmError)) throw error;
    const remedy = signingKey === 'SM2' ? 'use SM3' : 'use SHA256, SHA384 or SHA512';
    throw pcaError(
      'PCA.00020103',
      `signature_algorithm has to fit the signing key, which is ${signingKey}: ${remedy}.`,
      { cause: error },
    );
  }
}

/** GM/T 0015: an SM2 certificate is signed with SM2 and SM3; no client of that family takes another signature. Throws PCA.00020102. */
export function requireSameFamily(subjectKey: KeyAlgorithm, signingKey: KeyAlgorithm): void {
  if (subjectKey !== 'SM2' || signingKey === 'SM2') return;
  throw pcaError('PCA.00020102', 'key_algorithm SM2 needs an issuing CA whose key is SM2.');
}
