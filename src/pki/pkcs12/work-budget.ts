import { MalformedError } from '../malformed-error.ts';
import type { KeyDerivation } from '../pkcs8/key-derivation.ts';

// Five million rounds of PBKDF2 take a core about a second. The costliest files in use, Java's of 2015 to 2020, need
// 2.5 million by this count.
const roundsPerFile = 5_000_000;
// The derivation of PKCS #12 itself runs on the main thread, so its rounds are dearer than those of PBKDF2.
const costOfOwnRound = 10;

/** What one file may cost to open: a stranger chooses the rounds, and may choose them anew for each of many bags. */
export class WorkBudget {
  #left = roundsPerFile;

  spendOwnDerivation(iterations: number, blocks: number): void {
    this.#spend(iterations * blocks * costOfOwnRound);
  }

  spendPbes2(derivation: KeyDerivation): void {
    switch (derivation.kind) {
      case 'pbkdf2':
        this.#spend(derivation.iterations);
        break;
      case 'scrypt':
        this.#spend(derivation.n * derivation.r * derivation.p);
    }
  }

  #spend(rounds: number): void {
    this.#left -= rounds;
    if (this.#left < 0) throw new MalformedError('PKCS #12: too many iterations');
  }
}
