import { readFileSync } from 'node:fs';
import { StartRefused } from '../../platform/start-refused.ts';

/** The CAs that a target's server is trusted by, if not the public ones. Throws `StartRefused` if the file cannot be read. */
export function readCa(file: string | undefined): { readonly ca?: string } {
  if (file === undefined) return {};
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (error) {
    throw new StartRefused(
      `the certificates in ${file} cannot be read: ${error instanceof Error ? error.message : error}`,
    );
  }
}
