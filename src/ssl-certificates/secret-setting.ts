import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { StartRefused } from '../platform/start-refused.ts';

/** A secret in the configuration: the text itself, or the file that has it. */
export const secretSetting = Type.Union(
  [
    Type.String({ minLength: 1 }),
    Type.Object({ file: Type.String({ minLength: 1 }) }, { additionalProperties: false }),
  ],
  { description: 'the secret as a string, or { "file": "<path>" }' },
);

export type SecretSetting = Static<typeof secretSetting>;

/** The secret, without the line break that editors put at the end of a file. Throws `StartRefused` if there is none to be read. */
export function readSecret(setting: SecretSetting): string {
  if (typeof setting === 'string') return setting;
  let text: string;
  try {
    text = readFileSync(setting.file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new StartRefused(
      `the secret in ${setting.file} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (text === '') throw new StartRefused(`${setting.file} is empty; it has to hold a secret`);
  return text;
}
