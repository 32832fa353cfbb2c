import { createDecipheriv, createPrivateKey } from 'node:crypto';
import {
  derCursor,
  oids,
  parsePublicKey,
  publicKeyOfPkcs8,
  readDerAs,
  tags,
  toOid,
} from '../../pki/index.ts';
import { decryptAsymmetric } from '../cryptography/asymmetric-cipher.ts';
import { kmsError } from '../errors.ts';
import type { NewMaterial } from '../generate-material.ts';
import type { Key } from '../key.ts';
import { keySpecs } from '../key-spec.ts';
import type { ImportToken } from './import-token.ts';

/** RFC 5649 §3, the high half of the alternative initial value. */
const keyWrapIv = Buffer.from('A65959A6', 'hex');

export interface WrappedImport {
  readonly encryptedKeyMaterial: Buffer;
  /** Asymmetric keys only. */
  readonly encryptedPrivateKey: Buffer | undefined;
}

const algorithmOids: Readonly<
  Partial<Record<Key['key_spec'], readonly [algorithm: string, curve?: string]>>
> = {
  RSA_2048: [oids.rsaEncryption],
  RSA_3072: [oids.rsaEncryption],
  RSA_4096: [oids.rsaEncryption],
  EC_P256: [oids.ecPublicKey, oids.prime256v1],
  EC_P384: [oids.ecPublicKey, oids.secp384r1],
  SECP256K1: [oids.ecPublicKey, '1.3.132.0.10'],
  SM2: [oids.ecPublicKey, oids.sm2Curve],
  ED25519: [oids.ed25519],
};

const rsaBits: Readonly<Partial<Record<Key['key_spec'], number>>> = {
  RSA_2048: 2048,
  RSA_3072: 3072,
  RSA_4096: 4096,
};

/** Material as it goes under the master key. Throws KMS.0311, KMS.2604, KMS.2608, KMS.2609, KMS.2610. */
export function unwrapImport(key: Key, token: ImportToken, wrapped: WrappedImport): NewMaterial {
  const wrappingKey = createPrivateKey({ key: Buffer.from(token.privateKey), format: 'der', type: 'pkcs8' });
  const secret = decryptAsymmetric(token.algorithm, wrappingKey, wrapped.encryptedKeyMaterial);
  const { secretBytes } = keySpecs[key.key_spec];
  if (secretBytes === undefined) return unwrapPrivateKey(key, secret, wrapped.encryptedPrivateKey);
  if (secret.length !== secretBytes)
    throw kmsError('KMS.2604', `Material of a ${key.key_spec} key is ${secretBytes} bytes.`);
  return { bytes: secret, publicKeySpki: undefined };
}

function unwrapPrivateKey(key: Key, temporaryKey: Buffer, wrapped: Buffer | undefined): NewMaterial {
  const length = key.key_spec === 'SM2' ? 16 : 32;
  if (temporaryKey.length !== length)
    throw kmsError('KMS.2610', `It is ${length} bytes for a ${key.key_spec} key.`);
  if (!wrapped) throw kmsError('KMS.2608', 'Send encrypted_privatekey.');
  try {
    const cipher = length === 16 ? 'id-aes128-wrap-pad' : 'id-aes256-wrap-pad';
    const decipher = createDecipheriv(cipher, temporaryKey, keyWrapIv);
    const pkcs8 = Buffer.concat([decipher.update(wrapped), decipher.final()]);
    const publicKeySpki = publicKeyOfPkcs8(pkcs8);
    requireFitting(key, pkcs8, publicKeySpki);
    return { bytes: pkcs8, publicKeySpki };
  } catch {
    // Nothing of it is told: it was wrapped so that nobody sees it.
    throw kmsError(
      'KMS.2609',
      `It must be PKCS#8 DER of a ${key.key_spec} key under AES key wrap with padding.`,
    );
  } finally {
    temporaryKey.fill(0);
  }
}

function requireFitting(key: Key, pkcs8: Buffer, publicKeySpki: Uint8Array): void {
  const outer = derCursor(readDerAs(tags.sequence, pkcs8));
  outer.take(tags.integer);
  const algorithm = derCursor(outer.take(tags.sequence));
  const [algorithmOid, curveOid] = algorithmOids[key.key_spec] ?? [];
  if (toOid(algorithm.take(tags.oid)) !== algorithmOid) throw new Error('another algorithm');
  if (curveOid !== undefined && toOid(algorithm.take(tags.oid)) !== curveOid)
    throw new Error('another curve');
  const bits = rsaBits[key.key_spec];
  if (bits !== undefined && parsePublicKey(publicKeySpki).bits !== bits) throw new Error('another length');
}
