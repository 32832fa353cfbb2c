import { kmsError } from '../errors.ts';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const tagsPerKey = 20;

const maxKeyCharacters = 36;
const maxValueCharacters = 43;
/** ASCII control characters and * < > \ =. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const forbidden = /[\u0000-\u001f*<>\\=]/;

function characters(text: string): number {
  return [...text].length;
}

/** Throws KMS.0411 for its length, KMS.0406 for its characters. */
export function requireTagKey(key: string): string {
  const length = characters(key);
  if (length === 0 || length > maxKeyCharacters)
    throw kmsError('KMS.0411', `A tag key has 1 to ${maxKeyCharacters} characters.`);
  if (forbidden.test(key))
    throw kmsError('KMS.0406', 'A tag key has none of * < > \\ = and no control characters.');
  return key;
}

/** Throws KMS.0410 for its length, KMS.0405 for its characters. */
export function requireTagValue(value: string): string {
  if (characters(value) > maxValueCharacters)
    throw kmsError('KMS.0410', `A tag value has at most ${maxValueCharacters} characters.`);
  if (forbidden.test(value))
    throw kmsError('KMS.0405', 'A tag value has none of * < > \\ = and no control characters.');
  return value;
}
