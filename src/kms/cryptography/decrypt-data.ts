import { openKey } from '../access.ts';
import type { Binding } from '../ciphertext/binding.ts';
import { parseEnvelope } from '../ciphertext/envelope.ts';
import type { CiphertextKind } from '../ciphertext/symmetric-cipher.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { GrantOperation } from '../grants/grant.ts';
import type { Key } from '../key.ts';
import type { Caller, PermissionName } from '../permissions.ts';
import { decryptAsymmetric } from './asymmetric-cipher.ts';
import {
  decryptWithKey,
  pairOf,
  requireEncryptionAlgorithm,
  requireEncryptionKey,
  requireUnbound,
} from './encryption-key.ts';

export interface DecryptData {
  /** Mandatory for asymmetric ciphertexts only; symmetric ones name their key. */
  readonly reference: string | undefined;
  readonly ciphertext: Buffer;
  readonly encryptionAlgorithm: string | undefined;
  readonly binding: Binding;
}

interface DecryptionRights {
  readonly permission: PermissionName;
  readonly granted?: GrantOperation;
}

/** The key that a ciphertext is to be decrypted with: the one that is named, else the one that the envelope names. */
export async function openDecryptionKey(
  context: KmsContext,
  caller: Caller,
  input: Pick<DecryptData, 'reference' | 'ciphertext' | 'encryptionAlgorithm'>,
  rights: DecryptionRights,
): Promise<Key> {
  const { reference, ciphertext, encryptionAlgorithm = 'SYMMETRIC_DEFAULT' } = input;
  if (reference === undefined && encryptionAlgorithm !== 'SYMMETRIC_DEFAULT')
    throw kmsError('KMS.0204', `key_id is mandatory with ${encryptionAlgorithm}.`);
  const name = reference ?? parseEnvelope(ciphertext).keyId;
  const key = await openKey(context, caller, { reference: name, ...rights });
  requireEncryptionKey(context, key);
  return key;
}

/** Decrypts what any version of the key encrypted. */
export async function decryptWith(
  context: KmsContext,
  key: Key,
  input: Pick<DecryptData, 'ciphertext' | 'encryptionAlgorithm' | 'binding'>,
  kind: CiphertextKind,
): Promise<Buffer> {
  const algorithm = requireEncryptionAlgorithm(key, input.encryptionAlgorithm);
  if (algorithm === 'SYMMETRIC_DEFAULT') {
    const envelope = parseEnvelope(input.ciphertext);
    if (envelope.keyId !== key.key_id)
      throw kmsError('KMS.2201', `The ciphertext was made with another key than ${key.key_id}.`);
    // A version that never was is a forgery, not a state of the key.
    if (envelope.keyVersion > key.current_version) throw kmsError('KMS.2201', 'It was changed.');
    const how = { kind, binding: input.binding };
    return await decryptWithKey(context, key, how, envelope);
  }
  requireUnbound(key, input.binding);
  const { privateKey } = await pairOf(context, key);
  return decryptAsymmetric(algorithm, privateKey, input.ciphertext);
}

/** The plaintext as bytes, and the key that decrypted. */
export async function decryptData(
  context: KmsContext,
  caller: Caller,
  input: DecryptData,
): Promise<{ keyId: string; plaintext: Buffer }> {
  const rights = { permission: 'decryptData', granted: 'decrypt-data' } as const;
  const key = await openDecryptionKey(context, caller, input, rights);
  return { keyId: key.key_id, plaintext: await decryptWith(context, key, input, 'data') };
}
