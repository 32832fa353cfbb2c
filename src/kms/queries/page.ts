import { type KmsErrorCode, kmsError } from '../errors.ts';

/** What clients send as limit and marker: text of digits, numbers, or nothing. */
export type PageNumber = string | number | undefined;

export interface Page {
  readonly offset: number;
  /** Undefined: all. */
  readonly limit: number | undefined;
}

/** A whole number, or undefined for nothing. Throws `code`. */
export function parsePageNumber(
  value: PageNumber,
  code: KmsErrorCode,
  { name, min, max }: { readonly name: string; readonly min: number; readonly max: number },
): number | undefined {
  if (value === undefined || value === '') return undefined;
  const number = /^[0-9]{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw kmsError(code, `${name} must be a whole number from ${min} to ${max}.`);
  return number;
}

const mostOnAPage = 10_000;

/** limit (KMS.1601) and marker, an offset (KMS.1602). */
export function parsePage(limit: PageNumber, marker: PageNumber): Page {
  return {
    limit: parsePageNumber(limit, 'KMS.1601', { name: 'limit', min: 1, max: mostOnAPage }),
    offset: parsePageNumber(marker, 'KMS.1602', { name: 'marker', min: 0, max: 999_999_999 }) ?? 0,
  };
}

/** What a list says of itself; the marker of the next page is empty on the last. */
export function presentPage(page: Page, shown: number, total: number) {
  const next = page.offset + shown;
  const more = shown > 0 && next < total;
  return { next_marker: more ? String(next) : '', truncated: more ? 'true' : 'false', total } as const;
}
