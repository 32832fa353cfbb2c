/** In tenths of a microsecond, roughly: 30 ms. Tenants write policies and name certificates, and a comparison holds up everybody. */
const mostSteps = 300_000;

let left = Number.POSITIVE_INFINITY;

/** One request asks for more comparisons than it may have. */
export class TooManyComparisons extends Error {}

/**
 * Runs a decision, which is synchronous, with a budget of comparisons. It is the module's, since what compares was compiled long
 * before and is shared by requests. Throws TooManyComparisons.
 */
export function withComparisonBudget<Result>(decide: () => Result): Result {
  const outer = left;
  left = mostSteps;
  try {
    return decide();
  } finally {
    left = outer;
  }
}

/** Tells of work before it is done. Free outside of `withComparisonBudget`. Throws TooManyComparisons. */
export function spendComparisons(steps: number): void {
  left -= steps;
  if (left < 0) throw new TooManyComparisons();
}
