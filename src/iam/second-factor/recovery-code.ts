import { hash } from 'node:crypto';
import type { Random } from '../../platform/random.ts';

/** Number of codes that a user gets at once. */
export const codesPerSet = 10;
const codeBytes = 10;
/** Crockford's base32: no I, L, O and U, which are mistaken for others on paper. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Returns 80 bits as four groups of four characters, such as `9G4K-0VQ2-XM7C-PJ3H`. */
export function newRecoveryCode(random: Random): string {
  let bits = 0n;
  for (const byte of random.bytes(codeBytes)) bits = (bits << 8n) | BigInt(byte);
  let text = '';
  for (let index = 0; index < 16; index++) {
    text = alphabet[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

/** Returns what is stored in a code's place. A fast hash will do: 80 random bits cannot be guessed. */
export function hashRecoveryCode(userId: string, code: string): string {
  const letters = code.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return hash('sha256', `${userId} ${letters}`);
}
