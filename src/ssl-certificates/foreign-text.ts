/**
 * Words of a server, as they are kept and shown: one line, at most so many characters. PostgreSQL keeps no NUL, and what cannot be kept
 * would be tried again for ever.
 */
export function foreignText(text: string, longest: number): string {
  return text
    .slice(0, longest)
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ');
}
