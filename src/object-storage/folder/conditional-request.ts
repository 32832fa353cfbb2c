import type { IncomingHttpHeaders } from 'node:http';

/** What tells one state of an object from another. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** Milliseconds since 1970; seconds are what is compared. */
  readonly lastModifiedMs: number;
}

/**
 * What a GET or HEAD is answered after its conditions: 200, 304 or 412. The order is that of RFC 9110 §13.2.2, in which the
 * ETag counts before the date.
 */
export function evaluateConditions(headers: IncomingHttpHeaders, object: Validators): 200 | 304 | 412 {
  const ifMatch = headers['if-match'];
  const ifUnmodifiedSince = dateOf(headers['if-unmodified-since']);
  const lastModified = Math.floor(object.lastModifiedMs / 1_000);
  if (ifMatch !== undefined) {
    // RFC 9110 §13.1.1: strong comparison.
    if (!listMatches(ifMatch, object.etag)) return 412;
  } else if (ifUnmodifiedSince !== undefined && lastModified > ifUnmodifiedSince) return 412;

  const ifNoneMatch = headers['if-none-match'];
  if (ifNoneMatch !== undefined) {
    // RFC 9110 §13.1.2: weak comparison; caches on the way make ETags weak when they compress.
    return listMatches(ifNoneMatch.replaceAll('W/"', '"'), object.etag) ? 304 : 200;
  }
  const ifModifiedSince = dateOf(headers['if-modified-since']);
  return ifModifiedSince !== undefined && lastModified <= ifModifiedSince ? 304 : 200;
}

function listMatches(list: string, etag: string): boolean {
  return list.trim() === '*' || list.split(',').some((member) => member.trim() === etag);
}

/** Seconds since 1970; undefined for what is no date, which RFC 9110 §13.1.3 says to ignore. */
function dateOf(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms / 1_000;
}
