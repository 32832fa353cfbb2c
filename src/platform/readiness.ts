import { reasonOf } from './errors.ts';

/** The state of the node: ready to serve, or not and why. */
export type ReadinessState =
  | { readonly isReady: true }
  | { readonly isReady: false; readonly reason: string };

/** An answer is given again for so long, so that asking costs nothing. */
const rememberedMs = 1_000;
const probeMs = 900;

/**
 * Tells load balancers whether this node can serve. It changes its mind only when two probes in a row agree, so that one slow answer
 * takes no node out. An answer takes two probes at most, 1.8 s.
 */
export class Readiness {
  readonly #probe: () => Promise<void>;
  #state: ReadinessState = { isReady: true };
  #askedMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<ReadinessState> | undefined;

  /** `probe` rejects when what requests need does not work. */
  constructor(probe: () => Promise<void>) {
    this.#probe = probe;
  }

  state(): Promise<ReadinessState> {
    if (performance.now() - this.#askedMs < rememberedMs) return Promise.resolve(this.#state);
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<ReadinessState> {
    let found = await this.#probeOnce();
    if (found.isReady !== this.#state.isReady) {
      const again = await this.#probeOnce();
      if (again.isReady !== found.isReady) found = this.#state;
    }
    this.#state = found;
    this.#askedMs = performance.now();
    return found;
  }

  async #probeOnce(): Promise<ReadinessState> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const deadline = setTimeout(() => reject(new Error(`no answer within ${probeMs} ms`)), probeMs);
    try {
      await Promise.race([this.#probe(), late]);
      return { isReady: true };
    } catch (error) {
      return { isReady: false, reason: reasonOf(error) };
    } finally {
      clearTimeout(deadline);
    }
  }
}
