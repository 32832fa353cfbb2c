import type { ServerType } from './export-matrix.ts';

/** Name of an exported ZIP: certificate name, underscore, type in lower case (reference 4.2.2.8). */
export function zipName(certificateName: string, type: ServerType): string {
  const safe = certificateName.replace(/[\p{Cc}\p{Cf}/\\:*?"<>|]/gu, '_');
  // A leading period hides a file, and `..` climbs out of a folder.
  return `${
    safe
      .replace(/^\.+/, '_')
      .replace(/[. ]+$/, '_')
      .trim() || 'certificate'
  }_${type.toLowerCase()}.zip`;
}

/** RFC 6266 §4.3: `filename` in ASCII for old clients, `filename*` (RFC 8187) where that loses something. */
export function attachment(fileName: string): string {
  const ascii = fileName.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_');
  if (ascii === fileName) return `attachment; filename="${ascii}"`;
  const extended = encodeURIComponent(fileName.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`;
}
