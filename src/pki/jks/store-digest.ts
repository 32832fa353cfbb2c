import { createHash } from 'node:crypto';
import { passwordUtf16 } from '../password.ts';

/** The 20 bytes that close a JKS: SHA-1 of the password, a phrase that Sun chose, and everything before. */
export function storeDigest(password: string, contents: Uint8Array): Uint8Array {
  return createHash('sha1')
    .update(passwordUtf16(password))
    .update('Mighty Aphrodite')
    .update(contents)
    .digest();
}
