import { openKey } from '../access.ts';
import { type Binding, noBinding } from '../ciphertext/binding.ts';
import type { CiphertextKind } from '../ciphertext/symmetric-cipher.ts';
import type { KmsContext } from '../context.ts';
import { encryptDataKeyWith } from '../data-keys/encrypt-data-key.ts';
import { kmsError } from '../errors.ts';
import type { Caller } from '../permissions.ts';
import { decryptWith, openDecryptionKey } from './decrypt-data.ts';
import { encryptWith } from './encrypt-data.ts';
import { requireEncryptionKey } from './encryption-key.ts';

export interface ReEncrypt {
  readonly sourceKeyId: string | undefined;
  readonly sourceAlgorithm: string | undefined;
  readonly sourceData: string | undefined;
  readonly destinationKeyId: string;
  readonly destinationAlgorithm: string | undefined;
  readonly destinationData: string | undefined;
  readonly ciphertext: Buffer;
  readonly kind: CiphertextKind;
  /** Bytes of the plain data key, if it was given. */
  readonly dataKeyBytes: number | undefined;
}

export interface ReEncrypted {
  readonly sourceKeyId: string;
  readonly destinationKeyId: string;
  readonly ciphertext: Buffer;
}

function bindingOf(additionalAuthenticatedData: string | undefined): Binding {
  return { ...noBinding, additionalAuthenticatedData };
}

/** From one key to another without the plaintext leaving this function; it is wiped. */
export async function reEncrypt(context: KmsContext, caller: Caller, input: ReEncrypt): Promise<ReEncrypted> {
  const { ciphertext, kind } = input;
  const permission = 'reEncrypt';
  const from = { reference: input.sourceKeyId, ciphertext, encryptionAlgorithm: input.sourceAlgorithm };
  const source = await openDecryptionKey(context, caller, from, { permission });
  const reference = input.destinationKeyId;
  const destination = await openKey(context, caller, { reference, permission });
  requireEncryptionKey(context, destination);
  const plaintext = await decryptWith(
    context,
    source,
    { ...from, binding: bindingOf(input.sourceData) },
    kind,
  );
  try {
    if (input.dataKeyBytes !== undefined && kind === 'data key' && input.dataKeyBytes !== plaintext.length)
      throw kmsError('KMS.2204', 'datakey_cipher_length must be the length of the plain data key in bytes.');
    const to = {
      encryptionAlgorithm: input.destinationAlgorithm,
      binding: bindingOf(input.destinationData),
    };
    const encrypt = kind === 'data' ? encryptWith : encryptDataKeyWith;
    const reEncrypted = await encrypt(context, destination, plaintext, to);
    return { sourceKeyId: source.key_id, destinationKeyId: destination.key_id, ciphertext: reEncrypted };
  } finally {
    plaintext.fill(0);
  }
}
