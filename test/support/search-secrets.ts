import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Something that must be found nowhere, and what to call it. */
export interface Secret {
  readonly name: string;
  readonly bytes: Buffer;
}

// Two of the first and last characters of Base64 hold bits of the neighbours, so they are cut off.
const base64At = (bytes: Buffer, offset: number, alphabet: 'base64' | 'base64url') =>
  Buffer.concat([Buffer.alloc(offset), bytes])
    .toString(alphabet)
    .replaceAll('=', '')
    .slice(offset === 0 ? 0 : 4, -2);

/** The bytes as they are, in hexadecimal, and in Base64 wherever in a longer text they stand. */
function formsOf(bytes: Buffer): Buffer[] {
  const hex = bytes.toString('hex');
  const texts = [hex, hex.toUpperCase()];
  for (const offset of [0, 1, 2])
    for (const alphabet of ['base64', 'base64url'] as const) texts.push(base64At(bytes, offset, alphabet));
  return [bytes, ...texts.map((text) => Buffer.from(text))];
}

/** The names of the secrets that stand in the text, in whatever form. */
export function secretsIn(text: Buffer, secrets: readonly Secret[]): string[] {
  return secrets
    .filter(({ bytes }) => formsOf(bytes).some((form) => text.includes(form)))
    .map(({ name }) => name);
}

/** Every file below the folder with its contents, but for those of these names. */
export async function filesOf(folder: string, except: readonly string[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || except.includes(entry.name)) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(file, await readFile(file));
  }
  return files;
}
