import { constants, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { decryptSm2, encryptSm2 } from '../../pki/index.ts';
import type { Random } from '../../platform/random.ts';
import { kmsError } from '../errors.ts';
import { sm2Point, sm2Scalar } from './sm2-key-octets.ts';

/** RSAES-OAEP (RFC 8017 §7.1) with SHA-256 for hash and mask, and no label. */
const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' } as const;

export type AsymmetricAlgorithm = 'RSAES_OAEP_SHA_256' | 'SM2_ENCRYPT';

/** The bare ciphertext: RSA as it is, SM2 as the DER of GM/T 0009 §7.2. */
export function encryptAsymmetric(
  algorithm: AsymmetricAlgorithm,
  publicKey: KeyObject,
  plaintext: Uint8Array,
  random: Random,
): Buffer {
  switch (algorithm) {
    case 'RSAES_OAEP_SHA_256':
      return publicEncrypt({ key: publicKey, ...oaep }, plaintext);
    case 'SM2_ENCRYPT':
      return Buffer.from(encryptSm2(plaintext, sm2Point(publicKey), (length) => random.bytes(length)));
  }
}

/** Throws KMS.0311 (RSA) or KMS.2201 (SM2) without telling why. */
export function decryptAsymmetric(
  algorithm: AsymmetricAlgorithm,
  privateKey: KeyObject,
  ciphertext: Uint8Array,
): Buffer {
  const refused = kmsError(
    algorithm === 'SM2_ENCRYPT' ? 'KMS.2201' : 'KMS.0311',
    'It was changed, or it is for another key.',
  );
  try {
    switch (algorithm) {
      case 'RSAES_OAEP_SHA_256':
        return privateDecrypt({ key: privateKey, ...oaep }, ciphertext);
      case 'SM2_ENCRYPT': {
        const scalar = sm2Scalar(privateKey);
        try {
          return Buffer.from(decryptSm2(ciphertext, scalar));
        } finally {
          scalar.fill(0);
        }
      }
    }
  } catch {
    throw refused;
  }
}
