import { type DerValue, derCursor, tags, toOid } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { parseIterations } from '../pkcs8/key-derivation.ts';
import { decryptCbc, decryptPbes2, parsePbes2 } from '../pkcs8/pbes2.ts';
import { derivationPurpose, deriveFromPassword } from './password-derivation.ts';
import type { WorkBudget } from './work-budget.ts';

/** A password as PBES2 takes it, and as the derivation of PKCS #12 takes it. */
export type Pkcs12Password = { text: string; bmp: Uint8Array };

/**
 * Decrypts what PKCS #12 files hold: PBES2, or the older Triple DES of RFC 7292 §C. RC2 is refused: Node has no such
 * cipher, and 40 bits protect nothing.
 */
export async function decryptSafe(
  algorithmIdentifier: DerValue,
  ciphertext: Uint8Array,
  password: Pkcs12Password,
  budget: WorkBudget,
): Promise<Uint8Array> {
  const algorithm = derCursor(algorithmIdentifier);
  const scheme = toOid(algorithm.take(tags.oid));
  const parameters = algorithm.take(tags.sequence);
  algorithm.end();
  if (scheme === oids.pbes2) {
    const pbes2 = parsePbes2(parameters);
    budget.spendPbes2(pbes2.derivation);
    return await decryptPbes2(pbes2, ciphertext, password.text);
  }
  if (scheme === oids.pbeWithSha1And3KeyTripleDesCbc) {
    return await decryptTripleDes(parameters, ciphertext, password.bmp, budget);
  }
  throw new MalformedError('PKCS #12: unknown encryption');
}

async function decryptTripleDes(
  parameters: DerValue,
  ciphertext: Uint8Array,
  password: Uint8Array,
  budget: WorkBudget,
): Promise<Uint8Array> {
  const cursor = derCursor(parameters);
  const salt = cursor.take(tags.octetString).value;
  const iterations = parseIterations(cursor.take(tags.integer));
  cursor.end();
  budget.spendOwnDerivation(iterations, 3);
  const common = { hashName: 'sha1', password, salt, iterations } as const;
  const key = await deriveFromPassword({ ...common, purpose: derivationPurpose.key, length: 24 });
  const iv = await deriveFromPassword({ ...common, purpose: derivationPurpose.iv, length: 8 });
  return decryptCbc('des-ede3-cbc', key, iv, ciphertext);
}
