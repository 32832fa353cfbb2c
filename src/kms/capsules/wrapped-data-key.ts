import { createPublicKey, type KeyObject } from 'node:crypto';
import { parsePublicKey, parseSinglePem } from '../../pki/index.ts';
import type { Random } from '../../platform/random.ts';
import { encryptAsymmetric } from '../cryptography/asymmetric-cipher.ts';
import { kmsError } from '../errors.ts';
import { base64 } from '../request-fields.ts';

/** PEM, or Base64 of the DER SubjectPublicKeyInfo. Throws KMS.0308 for what is not an RSA key of 2048 bits at least. */
export function parseRsaPublicKey(text: string): KeyObject {
  const wrong = () =>
    kmsError('KMS.0308', 'public_key must be an RSA key of 2048 bits or more, in PEM or Base64 of DER.');
  try {
    // Nothing else is given to OpenSSL: a private key of some algorithms keeps it busy for minutes.
    const spki = text.includes('-----BEGIN')
      ? parseSinglePem(text, 'PUBLIC KEY')
      : Buffer.from(text, 'base64');
    if (parsePublicKey(spki).kind !== 'RSA') throw wrong();
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch {
    throw wrong();
  }
}

/** The data key in the clear, or for the public key alone; Base64. */
export function presentDataKey(dataKey: Uint8Array, publicKey: KeyObject | undefined, random: Random) {
  if (!publicKey) return { datakey: base64(dataKey) };
  return { datakey_cipher: base64(encryptAsymmetric('RSAES_OAEP_SHA_256', publicKey, dataKey, random)) };
}
