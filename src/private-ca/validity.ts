import { pcaError } from './errors.ts';

export const validityTypes = ['YEAR', 'MONTH', 'DAY', 'HOUR'] as const;

/** As clients send it: `start_from` in milliseconds, as a number or (Terraform) as decimal digits in a string. */
export interface ValidityRequest {
  readonly type: (typeof validityTypes)[number];
  readonly value: number;
  readonly start_from?: number | string | undefined;
}

/** Milliseconds since 1970, whole seconds: a certificate's times have no fraction (RFC 5280 §4.1.2.5). */
export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

export const rootCaYears = 30;
/** Of subordinate CAs and private certificates. */
export const issuedYears = 20;

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
// Reference 4.2.1.2: start_from has to be larger than the current time minus five minutes.
const earliestStartMs = 5 * 60_000;
// RFC 5280 §4.1.2.5.2: four digits are all a GeneralizedTime has for the year.
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59);

function refuse(detail: string): never {
  throw pcaError('PCA.00020109', detail);
}

/** Calendar years; from 29 February to 28 February where the year has no 29th. */
function addYears(ms: number, years: number): number {
  const date = new Date(ms);
  const month = date.getUTCMonth();
  date.setUTCFullYear(date.getUTCFullYear() + years);
  if (date.getUTCMonth() !== month) date.setUTCDate(0);
  return date.getTime();
}

/** A YEAR is a calendar year, a MONTH 31 days (reference, table 4-91 and the examples of 4.2.1.1). */
export function addPeriod(ms: number, { type, value }: Pick<ValidityRequest, 'type' | 'value'>): number {
  switch (type) {
    case 'YEAR':
      return addYears(ms, value);
    case 'MONTH':
      return ms + value * 31 * dayMs;
    case 'DAY':
      return ms + value * dayMs;
    case 'HOUR':
      return ms + value * hourMs;
  }
}

function startOf(request: ValidityRequest, nowMs: number): number {
  if (request.start_from === undefined) return nowMs;
  const start = Number(request.start_from);
  if (!Number.isSafeInteger(start)) refuse('validity.start_from is a time in milliseconds.');
  if (start <= nowMs - earliestStartMs) {
    refuse('validity.start_from has to be later than five minutes before the current time.');
  }
  return start;
}

/**
 * When a certificate is to begin and end. Periods are compared with `maximumYears` calendar years from the start, whatever
 * their unit. Throws PCA.00020109.
 */
export function requestedValidity(request: ValidityRequest, nowMs: number, maximumYears: number): Validity {
  if (!Number.isSafeInteger(request.value) || request.value < 1) {
    refuse('validity.value has to be a whole number from 1.');
  }
  const notBefore = Math.floor(startOf(request, nowMs) / 1000) * 1000;
  const notAfter = addPeriod(notBefore, request);
  // Written so that NaN, which a year beyond what Date holds becomes, is refused too.
  if (!(notAfter <= addYears(notBefore, maximumYears))) {
    refuse(`The validity period may be at most ${maximumYears} years.`);
  }
  if (notAfter > latestMs) refuse('validity has to end before the year 10000.');
  return { notBefore, notAfter };
}

/**
 * The part of the validity that lies within the issuer's. What is longer is cut, as the reference's examples show (two
 * certificates of 4.2.2.1 end with their issuer). Throws PCA.00020109 if nothing remains.
 */
export function withinIssuer(validity: Validity, issuer: Validity): Validity {
  const notBefore = Math.max(validity.notBefore, issuer.notBefore);
  const notAfter = Math.min(validity.notAfter, issuer.notAfter);
  if (notBefore >= notAfter)
    refuse("validity does not overlap the validity of the issuing CA's certificate.");
  return { notBefore, notAfter };
}
