import { createPublicKey, type KeyObject } from 'node:crypto';
import { type Binding, encodeBinding, isBound } from '../ciphertext/binding.ts';
import type { Envelope } from '../ciphertext/envelope.ts';
import {
  type CipherKey,
  type CiphertextUse,
  decryptSymmetric,
  encryptSymmetric,
  type SymmetricEncryption,
} from '../ciphertext/symmetric-cipher.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { decryptInToken, encryptInToken } from '../hsm-keys/hsm-cipher.ts';
import { familyOf, type Key, requireUsable, requireUsage } from '../key.ts';
import { type EncryptionAlgorithm, keySpecs } from '../key-spec.ts';
import { findKeyVersion } from '../store.ts';

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

/** The envelope of a text under the current version of a symmetric key, made where the key is. */
export async function encryptWithKey(
  context: KmsContext,
  key: Key,
  use: CiphertextUse,
  plaintext: Uint8Array,
): Promise<Buffer> {
  if (key.hsmClusterId !== null) return await encryptInToken(context, key, key.hsmClusterId, use, plaintext);
  const encryption = await symmetricEncryption(context, key, key.current_version, use);
  return encryptSymmetric(context.random, encryption, plaintext);
}

/** What any version of a symmetric key encrypted. Throws KMS.2201. */
export async function decryptWithKey(
  context: KmsContext,
  key: Key,
  use: CiphertextUse,
  envelope: Envelope,
): Promise<Buffer> {
  if (key.hsmClusterId !== null) return await decryptInToken(context, key, key.hsmClusterId, use, envelope);
  return decryptSymmetric(envelope, await symmetricEncryption(context, key, envelope.keyVersion, use));
}

/** Everything that a symmetric encryption or decryption depends on, beside the text. */
async function symmetricEncryption(
  { materials }: KmsContext,
  key: Key,
  keyVersion: number,
  { kind, binding }: CiphertextUse,
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

/** Also of keys whose private half is in an HSM. */
export async function publicKeyOf(context: KmsContext, key: Key): Promise<KeyObject> {
  if (key.hsmClusterId === null) return (await pairOf(context, key)).publicKey;
  const version = await findKeyVersion(context.database, key.key_id, key.current_version);
  if (!version?.public_key_spki) throw materialGone();
  return createPublicKey({ key: Buffer.from(version.public_key_spki), format: 'der', type: 'spki' });
}
