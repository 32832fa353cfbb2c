import { pbkdf2, scrypt } from 'node:crypto';
import { type DerValue, der, derCursor, tags, toOid, toSmallInt } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';

/** How a key is derived from a password: PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914). */
export type KeyDerivation =
  | { kind: 'pbkdf2'; salt: Uint8Array; iterations: number; hash: string; keyLength: number | undefined }
  | { kind: 'scrypt'; salt: Uint8Array; n: number; r: number; p: number; keyLength: number | undefined };

// A stranger's file names its own cost. Two million rounds take a core about half a second; OpenSSL writes 2,048,
// Java 10,000, and the highest public advice is 1.3 million (SHA-1).
export const maximumIterations = 2_000_000;
const maximumScryptMemory = 64 * 1024 * 1024;
const maximumScryptParallelization = 4;
const maximumSaltLength = 1024;

const hashes: Record<string, string> = {
  [oids.hmacWithSha1]: 'sha1',
  [oids.hmacWithSha224]: 'sha224',
  [oids.hmacWithSha256]: 'sha256',
  [oids.hmacWithSha384]: 'sha384',
  [oids.hmacWithSha512]: 'sha512',
  [oids.hmacWithSm3]: 'sm3',
};

/** An AlgorithmIdentifier of PBKDF2 with HMAC-SHA-256. */
export function encodePbkdf2(salt: Uint8Array, iterations: number): Uint8Array {
  const prf = der.sequence(der.oid(oids.hmacWithSha256), der.nullValue());
  const parameters = der.sequence(der.octetString(salt), der.integer(iterations), prf);
  return der.sequence(der.oid(oids.pbkdf2), parameters);
}

/** Reads PBKDF2 or scrypt; throws MalformedError for others and for costs above the bounds of this file. */
export function parseKeyDerivation(algorithm: DerValue): KeyDerivation {
  const cursor = derCursor(algorithm);
  const scheme = toOid(cursor.take(tags.oid));
  const parameters = derCursor(cursor.take(tags.sequence));
  cursor.end();
  const salt = parameters.take(tags.octetString).value;
  if (salt.length > maximumSaltLength) throw new MalformedError('PBES2: the salt is too long');
  if (scheme === oids.pbkdf2) {
    const iterations = parseIterations(parameters.take(tags.integer));
    const keyLength = parseKeyLength(parameters.takeOptional(tags.integer));
    const hash = parsePrf(parameters.takeOptional(tags.sequence));
    parameters.end();
    return { kind: 'pbkdf2', salt, iterations, hash, keyLength };
  }
  if (scheme === oids.scrypt) {
    const n = toSmallInt(parameters.take(tags.integer));
    const r = toSmallInt(parameters.take(tags.integer));
    const p = toSmallInt(parameters.take(tags.integer));
    const keyLength = parseKeyLength(parameters.takeOptional(tags.integer));
    parameters.end();
    checkScryptCost(n, r, p);
    return { kind: 'scrypt', salt, n, r, p, keyLength };
  }
  throw new MalformedError('PBES2: unknown key derivation');
}

/** The key; the work is done off the main thread. */
export async function deriveKey(
  derivation: KeyDerivation,
  password: Uint8Array,
  keyLength: number,
): Promise<Uint8Array> {
  if (derivation.keyLength !== undefined && derivation.keyLength !== keyLength) {
    throw new MalformedError('PBES2: the key length is not that of the cipher');
  }
  return await new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Uint8Array): void =>
      error === null ? resolve(key) : reject(error);
    switch (derivation.kind) {
      case 'pbkdf2':
        pbkdf2(password, derivation.salt, derivation.iterations, keyLength, derivation.hash, done);
        break;
      case 'scrypt': {
        const { n: N, r, p } = derivation;
        scrypt(password, derivation.salt, keyLength, { N, r, p, maxmem: 2 * maximumScryptMemory }, done);
      }
    }
  });
}

/** An iteration count between 1 and the bound; throws MalformedError otherwise. */
export function parseIterations(value: DerValue): number {
  const iterations = toSmallInt(value);
  if (iterations < 1) throw new MalformedError('the iteration count is not positive');
  if (iterations > maximumIterations) throw new MalformedError(`more than ${maximumIterations} iterations`);
  return iterations;
}

function parseKeyLength(value: DerValue | undefined): number | undefined {
  return value === undefined ? undefined : toSmallInt(value);
}

// RFC 8018 §A.2: the default is HMAC-SHA-1.
function parsePrf(value: DerValue | undefined): string {
  if (value === undefined) return 'sha1';
  const hash = hashes[toOid(derCursor(value).take(tags.oid))];
  if (hash === undefined) throw new MalformedError('PBES2: unknown pseudo-random function');
  return hash;
}

function checkScryptCost(n: number, r: number, p: number): void {
  const powerOfTwo = n > 1 && Number.isInteger(Math.log2(n));
  if (!powerOfTwo || r < 1 || p < 1) throw new MalformedError('PBES2: scrypt parameters out of range');
  if (128 * n * r > maximumScryptMemory || p > maximumScryptParallelization) {
    throw new MalformedError('PBES2: scrypt costs too much');
  }
}
