import type { KeyObject } from 'node:crypto';
import { type Binding, encodeBinding, isBound } from '../ciphertext/binding.ts';
import type { CipherKey, CiphertextKind, SymmetricEncryption } from '../ciphertext/symmetric-cipher.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { familyOf, type Key, requireUsable, requireUsage } from '../key.ts';
import { type EncryptionAlgorithm, keySpecs } from '../key-spec.ts';

/** State, then spec, then usage. Throws KMS.0209 and its like, KMS.1114, KMS.0335, KMS.0341. */
export function requireEncryptionKey(context: KmsContext, key: Key): void {
  requireUsable(key, context.clock);
  const family = familyOf(key);
  if (family === 'ec') throw kmsError('KMS.1114', `The key_spec of the key is ${key.key_spec}.`);
  requireUsage(key, 'ENCRYPT_DECRYPT', { SIGN_VERIFY: 'KMS.0335', GENERATE_VERIFY_MAC: 'KMS.0341' });
}

/** The one algorithm of the key's spec. Throws KMS.2105, KMS.2106 or KMS.0308 for another. */
export function requireEncryptionAlgorithm(
  key: Key,
  algorithm: string = 'SYMMETRIC_DEFAULT',
): EncryptionAlgorithm {
  const { encryptionAlgorithm } = keySpecs[key.key_spec];
  if (encryptionAlgorithm !== undefined && algorithm === encryptionAlgorithm) return encryptionAlgorithm;
  const detail = `encryption_algorithm of a ${key.key_spec} key must be ${encryptionAlgorithm}.`;
  const family = familyOf(key);
  if (family === 'symmetric') throw kmsError('KMS.2105', detail);
  throw kmsError(family === 'rsa' ? 'KMS.2106' : 'KMS.0308', detail);
}

/** Material that was deleted between the look at the state and now. */
export function materialGone(): Error {
  return kmsError('KMS.1301', 'The key has no material of that version.');
}

/** Everything that a symmetric encryption or decryption depends on, beside the text. */
export async function symmetricEncryption(
  { materials }: KmsContext,
  key: Key,
  keyVersion: number,
  { kind, binding }: { readonly kind: CiphertextKind; readonly binding: Binding },
): Promise<SymmetricEncryption> {
  const bytes = encodeBinding(binding);
  const secret = await materials.findSecret(key, keyVersion);
  if (!secret) throw materialGone();
  const spec = key.key_spec === 'SM4' ? 'SM4' : 'AES_256';
  const cipherKey: CipherKey = { keyId: key.key_id, keyVersion, spec, secret };
  return { key: cipherKey, kind, binding: bytes };
}

/** Bare RSA and SM2 ciphertexts have no place for additional data; to drop them silently would promise what is not kept. */
export function requireUnbound(key: Key, binding: Binding): void {
  if (isBound(binding))
    throw kmsError('KMS.0308', `additional_authenticated_data cannot be bound with a ${key.key_spec} key.`);
}

export async function pairOf(
  { materials }: KmsContext,
  key: Key,
): Promise<{ privateKey: KeyObject; publicKey: KeyObject }> {
  const material = await materials.find(key, key.current_version);
  if (material?.kind !== 'pair') throw materialGone();
  return material;
}
