import { type DerValue, der, tags } from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';

/** CRLReason (RFC 5280 §5.3.1) at its number; 7 is not used. */
const numbered = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;

/** Why a certificate was revoked; `removeFromCRL` stands in delta CRLs only. */
export type CrlReason = NonNullable<(typeof numbered)[number]>;

/** CRLReason, an ENUMERATED. */
export function encodeReason(reason: CrlReason): Uint8Array {
  return der.enumerated(numbered.indexOf(reason));
}

/** Reads a CRLReason. Throws MalformedError for numbers that are none. */
export function readReason(value: DerValue): CrlReason {
  const reason = value.tag === tags.enumerated && value.length === 1 ? numbered[value.value[0]!] : undefined;
  if (reason === undefined) throw new MalformedError('not a reason of revocation');
  return reason;
}
