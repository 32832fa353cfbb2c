import { createHash } from 'node:crypto';

/** Names of files end at 255 bytes; the rest is for what is put around it. */
const longestName = 200;

/**
 * A name of the API as one name in a folder, the same for no other: what is not a letter, digit, `_`, `-` or inner period is
 * encoded, so it leads nowhere else.
 */
export function folderName(name: string): string {
  const encoded = name.replace(/[^A-Za-z0-9._-]|^\./gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  );
  return encoded.length <= longestName ? encoded : `%${createHash('sha256').update(name).digest('hex')}`;
}
