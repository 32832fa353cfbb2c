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

function matchesGlob(pattern: string, text: string): boolean {
  let at = 0;
  let inText = 0;
  let star = -1;
  let starText = 0;
  while (inText < text.length) {
    if (pattern[at] === '*') {
      star = at++;
      starText = inText;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === text[inText])) {
      at++;
      inText++;
    } else if (star >= 0) {
      // Let the last star take one character more; earlier stars need no second try.
      at = star + 1;
      inText = ++starText;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
