import { ServiceError } from './errors.ts';
import { gatewayErrors } from './http/gateway-errors.ts';

export interface FairPoolLimits {
  /** Works that run at the same time. */
  readonly atOnce: number;
  /** Works of one share that run at the same time; default: `atOnce`. */
  readonly atOncePerShare?: number;
  readonly waiting: number;
  /** Works of one share that wait; default: `waiting`. */
  readonly waitingPerShare?: number;
}

/** The party for whom work is done. */
export interface Place {
  /** Whose limits count, such as an account or a source address. */
  readonly share: string;
  /** Names that take turns: the first names with each other, within one of them the second, and so on. Default: the share. */
  readonly turns?: readonly string[];
}

/** 429: too many wait in a pool, or too many of the same share. */
export class PoolFull extends ServiceError {
  constructor(retryAfterSeconds: number) {
    super('gateway', gatewayErrors.throttled, `Try again in ${retryAfterSeconds} s.`, { retryAfterSeconds });
  }
}

interface Waiting extends Required<Place> {
  readonly start: () => void;
  readonly refuse: (reason: PoolFull) => void;
}

const retryAfterSeconds = 2;
const maximumTurns = 4_096;

/**
 * Runs long work, little at a time. Who was served longest ago is next, so somebody with much work delays others by what runs, not
 * by what waits. When the pool is full the share with the most waiting work loses its newest.
 */
export class FairPool {
  readonly #limits: Required<FairPoolLimits>;
  /** In the order of arrival. */
  readonly #waiting: Waiting[] = [];
  readonly #running = new Map<string, number>();
  #runningAll = 0;
  /** When each prefix of turns was served last, by a count of all services. */
  readonly #served = new Map<string, number>();
  #services = 0;

  constructor(limits: FairPoolLimits) {
    const { atOnce, waiting } = limits;
    this.#limits = { atOncePerShare: atOnce, waitingPerShare: waiting, ...limits };
  }

  /** Rejects with `PoolFull`, at once or when others need the place, if the work could not begin. */
  async run<Result>({ share, turns = [share] }: Place, work: () => Promise<Result>): Promise<Result> {
    if (!this.#hasRoom(share)) await this.#wait({ share, turns });
    else this.#enter(share, turns);
    try {
      return await work();
    } finally {
      this.#leave(share);
    }
  }

  #hasRoom(share: string): boolean {
    const { atOnce, atOncePerShare } = this.#limits;
    return this.#runningAll < atOnce && (this.#running.get(share) ?? 0) < atOncePerShare;
  }

  #wait(place: Required<Place>): Promise<void> {
    this.#makeRoom(place.share);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...place, start: resolve, refuse: reject });
    });
  }

  #makeRoom(share: string): void {
    const counts = new Map<string, number>();
    for (const waiting of this.#waiting) counts.set(waiting.share, (counts.get(waiting.share) ?? 0) + 1);
    const own = counts.get(share) ?? 0;
    if (own >= this.#limits.waitingPerShare) throw new PoolFull(retryAfterSeconds);
    if (this.#waiting.length < this.#limits.waiting) return;
    const most = Math.max(...counts.values());
    if (most <= own + 1) throw new PoolFull(retryAfterSeconds);
    const newest = this.#waiting.findLastIndex((waiting) => counts.get(waiting.share) === most);
    for (const { refuse } of this.#waiting.splice(newest, 1)) refuse(new PoolFull(retryAfterSeconds));
  }

  #enter(share: string, turns: readonly string[]): void {
    this.#runningAll += 1;
    this.#running.set(share, (this.#running.get(share) ?? 0) + 1);
    this.#services += 1;
    for (const prefix of prefixes(turns)) {
      // Set anew, so that the map is in the order of services and the oldest can go.
      this.#served.delete(prefix);
      this.#served.set(prefix, this.#services);
    }
    for (const prefix of this.#served.keys()) {
      if (this.#served.size <= maximumTurns) break;
      this.#served.delete(prefix);
    }
  }

  #leave(share: string): void {
    this.#runningAll -= 1;
    const left = (this.#running.get(share) ?? 1) - 1;
    if (left > 0) this.#running.set(share, left);
    else this.#running.delete(share);
    const next = this.#next();
    if (!next) return;
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#enter(next.share, next.turns);
    next.start();
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting)
      if (this.#hasRoom(waiting.share) && (!next || this.#isBefore(waiting, next))) next = waiting;
    return next;
  }

  /** The first name in which the turns differ decides; of the same turns the earlier arrival stays. */
  #isBefore(one: Waiting, other: Waiting): boolean {
    const [ofOne, ofOther] = [prefixes(one.turns), prefixes(other.turns)];
    const differing = ofOne.findIndex((prefix, index) => prefix !== ofOther[index]);
    if (differing === -1) return false;
    const served = (prefix: string | undefined) => this.#served.get(prefix ?? '') ?? 0;
    return served(ofOne[differing]) < served(ofOther[differing]);
  }
}

function prefixes(turns: readonly string[]): string[] {
  return turns.map((_, index) => JSON.stringify(turns.slice(0, index + 1)));
}
