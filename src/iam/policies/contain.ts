import { normaliseResource, wholeServiceOf } from './compile-policy.ts';
import { matchesGlob } from './glob.ts';

/** About 10 ms. Tenants write policies, and the comparison holds up everybody. */
const maximumSteps = 4_000_000;
/** Cost of a comparison that ends with the first characters. */
const leastSteps = 50;

/** Compares patterns until they have cost too much; from then on nothing contains anything. */
export class Containment {
  #steps = 0;

  /** True if every text that `narrow` matches is matched by `wide`; may be false where that is hard to see. */
  pattern(wide: string, narrow: string): boolean {
    this.#steps += leastSteps;
    if (this.#steps > maximumSteps) return false;
    const firstWildcard = wide.search(/[*?]/);
    if (firstWildcard < 0) return wide === narrow;
    if (!narrow.startsWith(wide.slice(0, firstWildcard))) return false;
    this.#steps += wide.length * narrow.length;
    return this.#steps <= maximumSteps && matchesGlob(wide, narrow, 'pattern');
  }

  /** The same for lists of resources: each of `narrow` is within one of `wide`. */
  resources(wide: readonly string[], narrow: readonly string[]): boolean {
    return narrow.every((pattern) => wide.some((other) => this.#resource(other, pattern)));
  }

  /** A pattern for all of a service also means requests without a resource, so only such a pattern contains it. */
  #resource(wide: string, narrow: string): boolean {
    const service = wholeServiceOf(narrow);
    if (service !== undefined) {
      const wideService = wholeServiceOf(wide);
      if (wideService === undefined || !this.pattern(wideService, service)) return false;
    }
    return this.pattern(normaliseResource(wide), normaliseResource(narrow));
  }
}
