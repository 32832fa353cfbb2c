import { spendComparisons } from './comparison-budget.ts';

/**
 * How a name and a pattern are compared. `covers`: the pattern holds for all that the name stands for. `touches`: it holds for
 * something that the name stands for, or nobody can tell; `*.corp` stands for `a.corp`.
 */
export type Comparison = 'covers' | 'touches';

export const anyCharacters = Symbol('any characters');
export const oneCharacter = Symbol('one character');
/** A character, or a wildcard of the pattern. */
export type Token = string | typeof anyCharacters | typeof oneCharacter;

/** `*` is any number of characters, `?` exactly one. */
export function readGlob(pattern: string): Token[] {
  return pattern
    .replace(/\*+/g, '*')
    .split('')
    .map((each) => (each === '*' ? anyCharacters : each === '?' ? oneCharacter : each));
}

// No name has this character, so a wildcard of the pattern has to stand for it.
const placeholder = '\u0001';

/** A pattern with more of them covers no wildcard name: each costs a pass. */
const mostQuestionMarks = 3;

/**
 * A pattern for names, of which `*.example.com` stands for many. All places that the pattern can have reached are the bits of one
 * number: tenants write patterns, and the time is that of pattern × name over the bits of a machine word.
 */
export class NameGlob {
  /** True if every name fits. */
  readonly isOpen: boolean;
  readonly #accepted: bigint;
  readonly #any: bigint;
  readonly #one: bigint;
  /** Number of question marks. */
  readonly #ones: number;
  /** Tokens that can stand for a character other than a dot. */
  readonly #inLabel: bigint;
  readonly #literals = new Map<string, bigint>();
  readonly #stepsPerCharacter: number;

  constructor(tokens: readonly Token[]) {
    this.#stepsPerCharacter = 1 + tokens.length / 64;
    this.isOpen = tokens.length === 1 && tokens[0] === anyCharacters;
    const all = (1n << BigInt(tokens.length)) - 1n;
    const bitsOf = (wanted: Token) =>
      tokens.reduce((bits, token, index) => (token === wanted ? bits | (1n << BigInt(index)) : bits), 0n);
    for (const [index, token] of tokens.entries())
      if (typeof token === 'string')
        this.#literals.set(token, (this.#literals.get(token) ?? 0n) | (1n << BigInt(index)));
    this.#accepted = 1n << BigInt(tokens.length);
    this.#any = bitsOf(anyCharacters);
    this.#one = bitsOf(oneCharacter);
    this.#ones = tokens.filter((token) => token === oneCharacter).length;
    this.#inLabel = all ^ (this.#literals.get('.') ?? 0n);
  }

  /** Reports whether the pattern holds for the name in this comparison. */
  meets(text: string, comparison: Comparison): boolean {
    const isWildcard = text.startsWith('*.');
    if (!isWildcard) return this.#accepts(this.#through(this.#start(), text));
    const rest = text.slice(1);
    if (comparison === 'touches')
      return this.#accepts(this.#through(this.#throughLabel(this.#start()), rest));
    // One character more than there are question marks has to stand behind an asterisk, and then any number can.
    return (
      this.#ones <= mostQuestionMarks &&
      Array.from({ length: this.#ones + 1 }, (_, index) => placeholder.repeat(index + 1) + rest).every(
        (each) => this.#accepts(this.#through(this.#start(), each)),
      )
    );
  }

  #start(): bigint {
    return this.#skippingStars(1n);
  }

  #accepts(reached: bigint): boolean {
    return (reached & this.#accepted) !== 0n;
  }

  #through(from: bigint, text: string): bigint {
    spendComparisons(text.length * this.#stepsPerCharacter);
    let reached = from;
    for (let at = 0; at < text.length && reached !== 0n; at++) {
      const fitting = this.#one | (this.#literals.get(text[at]!) ?? 0n);
      reached = this.#skippingStars((reached & this.#any) | ((reached & fitting) << 1n));
    }
    return reached;
  }

  /** An asterisk may stand for nothing; two never stand side by side. */
  #skippingStars(reached: bigint): bigint {
    return reached | ((reached & this.#any) << 1n);
  }

  /** A wildcard label stands for one character or more, none of them a dot. */
  #throughLabel(from: bigint): bigint {
    const afterOne = this.#skippingStars((from & this.#any) | ((from & this.#inLabel) << 1n));
    // The carry of the sum runs through the tokens that may follow one another within the label.
    return (((afterOne & this.#inLabel) + this.#inLabel) ^ this.#inLabel) | afterOne;
  }
}
