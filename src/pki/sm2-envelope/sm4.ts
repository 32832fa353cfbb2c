import { createCipheriv, createDecipheriv } from 'node:crypto';
import { parseAlgorithmIdentifier } from '../algorithms.ts';
import { type DerValue, tags } from '../der/index.ts';
import { MalformedError, UnsupportedAlgorithmError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

const blockLength = 16;
export const sm4KeyLength = 16;

/** SM4-ECB of whole blocks, without padding. */
export function encryptSm4Ecb(plaintext: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv('sm4-ecb', key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]);
}

/** Decrypts whole blocks, leaving any padding: SM4 (in use always ECB), SM4-ECB, SM4-CBC. Throws MalformedError. */
export function decryptSm4(
  algorithmIdentifier: DerValue,
  ciphertext: Uint8Array,
  key: Uint8Array,
): Uint8Array {
  const { oid, parameters } = parseAlgorithmIdentifier(algorithmIdentifier);
  if (key.length !== sm4KeyLength) throw new MalformedError('SM4: the key has a wrong length');
  if (ciphertext.length % blockLength !== 0)
    throw new MalformedError('SM4: the ciphertext is not whole blocks');
  const decipher = createDecipheriv(...cipherOf(oid, parameters, key)).setAutoPadding(false);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}

function cipherOf(
  oid: string,
  parameters: DerValue | undefined,
  key: Uint8Array,
): [string, Uint8Array, Uint8Array | null] {
  if (oid === oids.sm4 || oid === oids.sm4Ecb) return ['sm4-ecb', key, null];
  if (oid !== oids.sm4Cbc) throw new UnsupportedAlgorithmError('the envelope is not encrypted by SM4');
  if (parameters?.tag !== tags.octetString || parameters.length !== blockLength) {
    throw new MalformedError('SM4: the initialization vector has a wrong length');
  }
  return ['sm4-cbc', key, parameters.value];
}
