import { spendComparisons } from './comparison-budget.ts';

/** Steps of this comparison are so much cheaper than those that the budget counts. */
const stepsPerSpent = 16;

export type TextMatcher = (text: string) => boolean;

/**
 * `*` is any number of characters, `?` exactly one, everything else itself. Not a regular expression: those take exponential
 * time on hostile patterns, and patterns are written by tenants. This takes at most pattern × text.
 */
export function compileGlob(pattern: string): TextMatcher {
  const firstWildcard = pattern.search(/[*?]/);
  if (firstWildcard < 0) return (text) => text === pattern;
  if (/^\*+$/.test(pattern)) return () => true;
  const prefix = pattern.slice(0, firstWildcard);
  if (/^\*+$/.test(pattern.slice(firstWildcard))) return (text) => text.startsWith(prefix);
  return (text) => text.startsWith(prefix) && matchesGlob(pattern, text);
}

/**
 * Whether the pattern matches the text. A text that is a pattern itself is matched if all that it matches is: its wildcards are
 * taken by `*`, its `?` also by `?`.
 */
export function matchesGlob(pattern: string, text: string, kind: 'text' | 'pattern' = 'text'): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  let steps = 0;
  while (inText < text.length) {
    steps += 1;
    if (steps % (256 * stepsPerSpent) === 0) spendComparisons(256);
    if (pattern[at] === '*') {
      star = at++;
      starText = inText;
    } else if (at < pattern.length && fits(pattern[at]!, text[inText]!, kind)) {
      at++;
      inText++;
    } else if (star >= 0) {
      // Let the last star take one character more; earlier stars need no second try.
      at = star + 1;
      inText = ++starText;
    } else return false;
  }
  spendComparisons(1 + (steps % (256 * stepsPerSpent)) / stepsPerSpent);
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

function fits(expected: string, actual: string, kind: 'text' | 'pattern'): boolean {
  const isAnyNumber = kind === 'pattern' && actual === '*';
  return !isAnyNumber && (expected === '?' || expected === actual);
}
