import { scryptSync } from 'node:crypto';
import { serveWork } from '../../platform/work-threads.ts';

export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

export interface HashTask {
  readonly password: string;
  readonly salt: Uint8Array;
  readonly cost: ScryptCost;
  readonly bytes: number;
}

/** Before other long work, since a user waits for it; after the main thread, for which everybody waits. */
const niceness = 2;

serveWork({ perform: derive, niceness });

function derive({ password, salt, cost, bytes }: HashTask): Uint8Array {
  const { logN, r, p } = cost;
  const N = 2 ** logN;
  // Without room to spare above 128 N r, OpenSSL refuses.
  const key = scryptSync(password.normalize('NFKC'), salt, bytes, { N, r, p, maxmem: 256 * N * r });
  return new Uint8Array(key);
}
