import { Secret, TOTP } from 'otpauth';

/** What authenticator apps assume when they are told nothing else (RFC 6238 §4): SHA-1, 30 seconds, six digits. */
const periodMs = 30_000;
const parameters = { algorithm: 'SHA1', digits: 6, period: periodMs / 1000 } as const;
/** RFC 4226 §4 recommends 160 bits. */
export const seedBytes = 20;
/** Clocks may be one step apart (RFC 6238 §5.2). */
const toleratedSteps = 1;

/** Returns the form in which authenticator apps take a seed: base32 without padding. */
export function seedToBase32(seed: Uint8Array): string {
  return new Secret({ buffer: new Uint8Array(seed).buffer }).base32;
}

/** Returns the code of a time step. */
export function codeAt(seed: Uint8Array, step: number): string {
  return totp(seed).generate({ timestamp: step * periodMs });
}

export function stepAt(ms: number): number {
  return Math.floor(ms / periodMs);
}

/** Returns the time step that a code belongs to, undefined unless it is the current one or a neighbour of it. */
export function matchingStep(seed: Uint8Array, code: string, nowMs: number): number | undefined {
  return findStep(seed, code, stepAt(nowMs), toleratedSteps);
}

/** Returns the step of the second of two codes that follow each other, undefined unless the second counts now. */
export function matchingPair(
  seed: Uint8Array,
  codes: { readonly first: string; readonly second: string },
  nowMs: number,
): number | undefined {
  const second = matchingStep(seed, codes.second, nowMs);
  if (second === undefined) return undefined;
  return findStep(seed, codes.first, second - 1, 0) === undefined ? undefined : second;
}

function findStep(seed: Uint8Array, code: string, around: number, window: number): number | undefined {
  const delta = totp(seed).validate({ token: code, timestamp: around * periodMs, window });
  return delta === null ? undefined : around + delta;
}

function totp(seed: Uint8Array): TOTP {
  return new TOTP({ ...parameters, secret: new Secret({ buffer: new Uint8Array(seed).buffer }) });
}
