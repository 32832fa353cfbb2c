import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Random } from '../../platform/random.ts';
import { encryptAsymmetric } from '../cryptography/asymmetric-cipher.ts';
import { kmsError } from '../errors.ts';
import { base64 } from '../request-fields.ts';

/** PEM, or Base64 of the DER SubjectPublicKeyInfo. Throws KMS.0308 for what is not an RSA key of 2048 bits at least. */
export function parseRsaPublicKey(text: string): KeyObject {
  const wrong = () =>
    kmsError('KMS.0308', 'public_key must be an RSA key of 2048 bits or more, in PEM or Base64 of DER.');
  let key: KeyObject;
  try {
    key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  } catch {
    throw wrong();
  }
  if (key.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) throw wrong();
  return key;
}

/** The data key in the clear, or for the public key alone; Base64. */
export function presentDataKey(dataKey: Uint8Array, publicKey: KeyObject | undefined, random: Random) {
  if (!publicKey) return { datakey: base64(dataKey) };
  return { datakey_cipher: base64(encryptAsymmetric('RSAES_OAEP_SHA_256', publicKey, dataKey, random)) };
}
