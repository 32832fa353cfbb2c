import { timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { FairPool, type Place } from '../../platform/fair-pool.ts';
import type { Random } from '../../platform/random.ts';
import { sourceNetwork } from '../../platform/source-network.ts';
import { WorkThreads } from '../../platform/work-threads.ts';
import type { HashTask, ScryptCost } from './password-thread.ts';

export type { ScryptCost } from './password-thread.ts';

/** The requester of a hash, which decides the order in which hashes are computed. */
export interface HashRequester {
  readonly sourceIp: string | undefined;
  /** Whose password: a user's id, or what the request called a user. */
  readonly name: string;
  /** True if the name has signed in from this source. */
  readonly isFamiliar?: boolean;
}

/** OWASP's cheat sheet: N = 2^15, r = 8, p = 3; 32 MB and about a quarter of a second. */
const defaultCost: ScryptCost = { logN: 15, r: 8, p: 3 };
const hashBytes = 32;
const stored = /^scrypt\$(\d+)\$(\d+)\$(\d+)\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)$/;
const threads = new WorkThreads<HashTask, Uint8Array>(new URL('./password-thread.ts', import.meta.url));

/** Replaced in tests that look at the order of hashes. */
export interface HashMachine {
  readonly processors: number;
  readonly derive: (task: HashTask) => Promise<Uint8Array>;
}

const thisMachine: HashMachine = {
  processors: availableParallelism(),
  derive: (task) => threads.run(task),
};

/**
 * Hashes passwords with scrypt (RFC 7914), in threads of its own, few at a time; 429 when too many wait.
 *
 * Names without a password have a lane of their own, so that strangers who make them up delay no user. In each lane sources take
 * turns, within a source its names; sources where the name is familiar take turns with all others together.
 *
 * The lanes must not tell whether a name exists. A known name therefore takes its turn in the other lane too, and a wrong password
 * is answered when that turn is over, as if the hash were computed in it. Only a right password does not wait for it.
 */
export class PasswordHasher {
  readonly #random: Random;
  readonly #cost: ScryptCost;
  readonly #derive: HashMachine['derive'];
  readonly #known: FairPool;
  readonly #unknown = new FairPool({ atOnce: 1, waiting: 50, waitingPerShare: 25 });

  constructor(random: Random, cost: ScryptCost = defaultCost, machine: HashMachine = thisMachine) {
    this.#random = random;
    this.#cost = cost;
    this.#derive = machine.derive;
    const { processors } = machine;
    this.#known = new FairPool({
      atOnce: Math.max(2, processors),
      atOncePerShare: Math.max(1, processors - 1),
      waiting: 200,
      waitingPerShare: 50,
    });
  }

  /** Hashes a password that `owner`, such as an account, sets. */
  async hash(password: string, owner: string): Promise<string> {
    const salt = Buffer.from(this.#random.bytes(16));
    const { logN, r, p } = this.#cost;
    const task = { password, salt, cost: this.#cost, bytes: hashBytes };
    const derived = await this.#known.run(setting(owner), () => this.#derive(task));
    return [
      'scrypt',
      logN,
      r,
      p,
      salt.toString('base64url'),
      Buffer.from(derived).toString('base64url'),
    ].join('$');
  }

  /** Takes as long without a stored hash (an unknown user, a user without a password) as with one, and is then false. */
  async verify(
    password: string,
    storedHash: string | null | undefined,
    requester: HashRequester,
  ): Promise<boolean> {
    const match = stored.exec(storedHash ?? '');
    const places = placesOf(requester);
    if (match) return await this.#verifyKnown(taskOf(password, match), places);
    const task = { password, salt: Buffer.alloc(16), cost: this.#cost, bytes: hashBytes };
    await this.#unknown.run(places.unknown, () => this.#derive(task));
    return false;
  }

  /** Reports whether it is a password that `owner` has set before; for requests that are authenticated. */
  async matches(password: string, storedHash: string, owner: string): Promise<boolean> {
    const match = stored.exec(storedHash);
    if (!match) return false;
    return (await this.#compare(taskOf(password, match), setting(owner))).isRight;
  }

  async #compare({ expected, ...task }: Comparison, place: Place) {
    return await this.#known.run(place, async () => {
      const startMs = performance.now();
      const key = await this.#derive(task);
      const isRight = key.length === expected.length && timingSafeEqual(key, expected);
      return { isRight, ms: performance.now() - startMs };
    });
  }

  async #verifyKnown(task: Comparison, places: Places): Promise<boolean> {
    const comparing = this.#compare(task, places.known);
    // As the hash of an unknown name would, this takes a turn and holds it for so long, but a right password ends it.
    const asIfUnknown = this.#unknown.run(places.unknown, async () => {
      const startMs = performance.now();
      const { isRight, ms } = await comparing;
      if (!isRight) await until(startMs + ms);
    });
    asIfUnknown.catch(() => {});
    if ((await comparing).isRight) return true;
    await asIfUnknown;
    return false;
  }
}

function taskOf(password: string, [, logN, r, p, salt = '', expected = '']: RegExpExecArray): Comparison {
  return {
    password,
    salt: Buffer.from(salt, 'base64url'),
    cost: { logN: Number(logN), r: Number(r), p: Number(p) },
    bytes: hashBytes,
    expected: Buffer.from(expected, 'base64url'),
  };
}

interface Comparison extends HashTask {
  readonly expected: Uint8Array;
}

interface Places {
  readonly known: Place;
  readonly unknown: Place;
}

function placesOf({ sourceIp, name, isFamiliar }: HashRequester): Places {
  const share = sourceNetwork(sourceIp);
  return {
    known: { share, turns: [isFamiliar ? 'familiar' : 'new', share, name] },
    unknown: { share, turns: [share, name] },
  };
}

const setting = (owner: string): Place => ({ share: owner, turns: ['set', owner] });

async function until(atMs: number): Promise<void> {
  const restMs = atMs - performance.now();
  if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
}
