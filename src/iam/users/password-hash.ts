import { scrypt, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../platform/random.ts';
import { tooManyRequests } from '../errors.ts';

export interface ScryptCost {
  readonly logN: number;
  readonly r: number;
  readonly p: number;
}

/** OWASP's cheat sheet: N = 2^15, r = 8, p = 3; 32 MB and about a quarter of a second. */
const defaultCost: ScryptCost = { logN: 15, r: 8, p: 3 };
/** Each takes a thread of Node's pool, which also signs; half of the pool stays free. */
const maximumAtOnce = 2;
const maximumWaiting = 50;
const hashBytes = 32;
const stored = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/;

/** Hashes passwords with scrypt (RFC 7914), off the main thread, few at a time; 429 when too many wait. */
export class PasswordHasher {
  readonly #random: Random;
  readonly #cost: ScryptCost;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(random: Random, cost: ScryptCost = defaultCost) {
    this.#random = random;
    this.#cost = cost;
  }

  async hash(password: string): Promise<string> {
    const salt = Buffer.from(this.#random.bytes(16));
    const { logN, r, p } = this.#cost;
    const derived = await this.#derive(password, salt, this.#cost);
    return ['scrypt', logN, r, p, salt.toString('base64url'), derived.toString('base64url')].join('$');
  }

  /** Takes as long without a stored hash (an unknown user, a user without a password) as with one, and is then false. */
  async verify(password: string, storedHash: string | null | undefined): Promise<boolean> {
    const match = stored.exec(storedHash ?? '');
    if (!match) {
      await this.#derive(password, Buffer.alloc(16), this.#cost);
      return false;
    }
    const [, logN, r, p, salt, expected] = match as unknown as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
    const derived = await this.#derive(password, Buffer.from(salt, 'base64url'), cost);
    const wanted = Buffer.from(expected, 'base64url');
    return wanted.length === derived.length && timingSafeEqual(wanted, derived);
  }

  async #derive(password: string, salt: Buffer, { logN, r, p }: ScryptCost): Promise<Buffer> {
    await this.#takeTurn();
    try {
      const N = 2 ** logN;
      return await new Promise((resolve, reject) => {
        // Without room to spare above 128 N r, OpenSSL refuses.
        const options = { N, r, p, maxmem: 256 * N * r };
        scrypt(password.normalize('NFKC'), salt, hashBytes, options, (error, key) =>
          error ? reject(error) : resolve(key),
        );
      });
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #takeTurn(): Promise<void> {
    while (this.#running >= maximumAtOnce) {
      if (this.#waiting.length >= maximumWaiting) throw tooManyRequests();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
  }
}
