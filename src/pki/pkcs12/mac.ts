import { createHmac, timingSafeEqual } from 'node:crypto';
import { type DerValue, der, derCursor, tags, toOid } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { passwordBmp, WrongPasswordError } from '../password.ts';
import { parseIterations } from '../pkcs8/key-derivation.ts';
import {
  type DerivationHash,
  derivationHashes,
  derivationPurpose,
  deriveFromPassword,
} from './password-derivation.ts';
import type { WorkBudget } from './work-budget.ts';

const hashNames: Record<string, DerivationHash> = {
  [oids.sha1]: 'sha1',
  [oids.sha256]: 'sha256',
  [oids.sha384]: 'sha384',
  [oids.sha512]: 'sha512',
};

/** MacData (RFC 7292 §4) with HMAC-SHA-256 over the authenticated safe. */
export async function encodeMac(
  authenticatedSafe: Uint8Array,
  password: string,
  iterations: number,
  salt: Uint8Array,
): Promise<Uint8Array> {
  const mac = await computeMac('sha256', authenticatedSafe, passwordBmp(password), iterations, salt);
  const digestInfo = der.sequence(der.sequence(der.oid(oids.sha256), der.nullValue()), der.octetString(mac));
  return der.sequence(digestInfo, der.octetString(salt), der.integer(iterations));
}

/**
 * Throws WrongPasswordError unless MacData is that of the authenticated safe under the password. Resolves to the
 * bytes of the password as this file's writer took them.
 */
export async function verifyMac(
  macData: DerValue,
  authenticatedSafe: Uint8Array,
  password: string,
  budget: WorkBudget,
): Promise<Uint8Array> {
  const cursor = derCursor(macData);
  const digestInfo = derCursor(cursor.take(tags.sequence));
  const salt = cursor.take(tags.octetString).value;
  const count = cursor.takeOptional(tags.integer);
  cursor.end();
  const hashName = hashNames[toOid(derCursor(digestInfo.take(tags.sequence)).take(tags.oid))];
  if (hashName === undefined) throw new MalformedError('PKCS #12: unknown MAC');
  const expected = digestInfo.take(tags.octetString).value;
  digestInfo.end();
  const iterations = count === undefined ? 1 : parseIterations(count);
  // OpenSSL writes no password as no bytes at all, others as the two zero bytes of an empty BMPString.
  const candidates = password === '' ? [passwordBmp(''), new Uint8Array(0)] : [passwordBmp(password)];
  for (const candidate of candidates) {
    budget.spendOwnDerivation(iterations, 1);
    const mac = await computeMac(hashName, authenticatedSafe, candidate, iterations, salt);
    if (mac.length === expected.length && timingSafeEqual(mac, expected)) return candidate;
  }
  throw new WrongPasswordError();
}

async function computeMac(
  hashName: DerivationHash,
  data: Uint8Array,
  password: Uint8Array,
  iterations: number,
  salt: Uint8Array,
): Promise<Uint8Array> {
  const length = derivationHashes[hashName].outputLength;
  const key = await deriveFromPassword({
    hashName,
    purpose: derivationPurpose.mac,
    password,
    salt,
    iterations,
    length,
  });
  return createHmac(hashName, key).update(data).digest();
}
