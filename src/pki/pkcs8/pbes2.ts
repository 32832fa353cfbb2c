import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type DerValue, der, derCursor, tags, toOid } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { passwordUtf8, WrongPasswordError } from '../password.ts';
import { deriveKey, encodePbkdf2, type KeyDerivation, parseKeyDerivation } from './key-derivation.ts';

type Cipher = { name: string; keyLength: number; ivLength: number };

/** What the AlgorithmIdentifier of PBES2 says (RFC 8018 §6.2). */
export type Pbes2 = { derivation: KeyDerivation; cipher: Cipher; iv: Uint8Array };

const ciphers: Record<string, Cipher> = {
  [oids.aes128Cbc]: { name: 'aes-128-cbc', keyLength: 16, ivLength: 16 },
  [oids.aes192Cbc]: { name: 'aes-192-cbc', keyLength: 24, ivLength: 16 },
  [oids.aes256Cbc]: { name: 'aes-256-cbc', keyLength: 32, ivLength: 16 },
  [oids.desEde3Cbc]: { name: 'des-ede3-cbc', keyLength: 24, ivLength: 8 },
  [oids.sm4Cbc]: { name: 'sm4-cbc', keyLength: 16, ivLength: 16 },
};

/**
 * Encrypts with PBKDF2-HMAC-SHA-256 (16 bytes of salt) and AES-256-CBC: what OpenSSL 1.1 and later, Java since 8u301
 * and Windows since Server 2019 all read.
 */
export async function encryptPbes2(
  plaintext: Uint8Array,
  password: string,
  iterations: number,
  randomBytes: (length: number) => Uint8Array,
): Promise<{ algorithm: Uint8Array; ciphertext: Uint8Array }> {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const derivation: KeyDerivation = {
    kind: 'pbkdf2',
    salt,
    iterations,
    hash: 'sha256',
    keyLength: undefined,
  };
  const key = await deriveKey(derivation, passwordUtf8(password), 32);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const scheme = der.sequence(der.oid(oids.aes256Cbc), der.octetString(iv));
  const parameters = der.sequence(encodePbkdf2(salt, iterations), scheme);
  return { algorithm: der.sequence(der.oid(oids.pbes2), parameters), ciphertext };
}

/** Reads the parameters of PBES2. Throws MalformedError for what is unknown or costs too much. */
export function parsePbes2(parameters: DerValue): Pbes2 {
  const cursor = derCursor(parameters);
  const derivation = parseKeyDerivation(cursor.take(tags.sequence));
  const scheme = derCursor(cursor.take(tags.sequence));
  cursor.end();
  const cipher = ciphers[toOid(scheme.take(tags.oid))];
  if (cipher === undefined) throw new MalformedError('PBES2: unknown cipher');
  const iv = scheme.take(tags.octetString).value;
  scheme.end();
  if (iv.length !== cipher.ivLength)
    throw new MalformedError('PBES2: the initialization vector has a wrong length');
  return { derivation, cipher, iv };
}

/** The plaintext. Throws WrongPasswordError if the padding is not that of a right password. */
export async function decryptPbes2(
  pbes2: Pbes2,
  ciphertext: Uint8Array,
  password: string,
): Promise<Uint8Array> {
  const key = await deriveKey(pbes2.derivation, passwordUtf8(password), pbes2.cipher.keyLength);
  return decryptCbc(pbes2.cipher.name, key, pbes2.iv, ciphertext);
}

/** CBC with the padding of RFC 8018 §6.1.1. Throws WrongPasswordError if it does not come out right. */
export function decryptCbc(
  name: string,
  key: Uint8Array,
  iv: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array {
  if (ciphertext.length === 0 || ciphertext.length % iv.length !== 0) {
    throw new MalformedError('the ciphertext is not whole blocks');
  }
  const decipher = createDecipheriv(name, key, iv);
  const start = decipher.update(ciphertext);
  try {
    return new Uint8Array(Buffer.concat([start, decipher.final()]));
  } catch {
    throw new WrongPasswordError();
  }
}
