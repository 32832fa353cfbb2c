import { randomBytes, randomFillSync, randomUUID } from 'node:crypto';

/** Randomness as a port; all of it is cryptographically strong. */
export interface Random {
  bytes(length: number): Uint8Array;
  /** RFC 9562 version 4, lower case, 36 characters. */
  uuid(): string;
  /** 32 hexadecimal digits: the form of identity ids (accounts, projects, users). */
  hexId(): string;
}

// Asking the generator costs more than most of what is made of it, so small amounts are taken from what was asked for at once.
const longestPooled = 64;
const pool = new Uint8Array(4096);
let taken = pool.length;

/** No octet is given twice, and none stays behind. */
function pooledBytes(length: number): Uint8Array {
  if (taken + length > pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  const bytes = pool.slice(taken, taken + length);
  pool.fill(0, taken, taken + length);
  taken += length;
  return bytes;
}

export const systemRandom: Random = {
  bytes: (length) => (length <= longestPooled ? pooledBytes(length) : randomBytes(length)),
  uuid: () => randomUUID(),
  hexId: () => randomUUID().replaceAll('-', ''),
};
