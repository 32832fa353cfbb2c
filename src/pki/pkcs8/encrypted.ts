import { der, derCursor, readDerAs, tags, toOid } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { WrongPasswordError } from '../password.ts';
import { decryptPbes2, encryptPbes2, parsePbes2 } from './pbes2.ts';

// The export leaves our hands, and its password may be short: 100,000 rounds cost a guesser a hundred times the
// 1,000 of RFC 8018, and us 15 ms off the main thread. More would be felt where a server with little processing
// power opens the key at each start.
const iterations = 100_000;

// Keys are small: an RSA key of 16384 bits has 10 kB, an ML-DSA-87 key 5 kB.
const maximumLength = 65_536;

/** The label of an EncryptedPrivateKeyInfo in PEM (RFC 7468 §11). */
export const encryptedPrivateKeyLabel = 'ENCRYPTED PRIVATE KEY';

/**
 * An EncryptedPrivateKeyInfo (RFC 5958 §3) around a PKCS #8 key of any algorithm: PBES2, PBKDF2-HMAC-SHA-256 with
 * 100,000 rounds, AES-256-CBC. Salt and vector are random, so two calls differ.
 */
export async function encryptPkcs8(
  pkcs8Der: Uint8Array,
  password: string,
  randomBytes: (length: number) => Uint8Array,
): Promise<Uint8Array> {
  const { algorithm, ciphertext } = await encryptPbes2(pkcs8Der, password, iterations, randomBytes);
  return der.sequence(algorithm, der.octetString(ciphertext));
}

/**
 * The PKCS #8 key (DER) inside an EncryptedPrivateKeyInfo: PBES2 with PBKDF2 or scrypt, AES, SM4 or Triple DES in
 * CBC. Throws WrongPasswordError, and MalformedError for other schemes and for costs above two million rounds.
 */
export async function decryptPkcs8(encrypted: Uint8Array, password: string): Promise<Uint8Array> {
  if (encrypted.length > maximumLength) throw new MalformedError('the encrypted key is larger than 64 KiB');
  const info = derCursor(readDerAs(tags.sequence, encrypted));
  const algorithm = derCursor(info.take(tags.sequence));
  const ciphertext = info.take(tags.octetString).value;
  info.end();
  if (toOid(algorithm.take(tags.oid)) !== oids.pbes2)
    throw new MalformedError('the key is not encrypted by PBES2');
  const pbes2 = parsePbes2(algorithm.take(tags.sequence));
  algorithm.end();
  return checkedPrivateKeyInfo(await decryptPbes2(pbes2, ciphertext, password));
}

/** The bytes, if they are a PrivateKeyInfo (RFC 5958 §2); one wrong password in 256 leaves valid padding. */
export function checkedPrivateKeyInfo(bytes: Uint8Array): Uint8Array {
  try {
    const info = derCursor(readDerAs(tags.sequence, bytes));
    info.take(tags.integer);
    info.take(tags.sequence);
    info.take(tags.octetString);
    return bytes;
  } catch (error) {
    if (error instanceof MalformedError) throw new WrongPasswordError();
    throw error;
  }
}
