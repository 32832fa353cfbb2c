import type { CrlReason } from '../pki/index.ts';
import type { RevocationReason } from '../private-ca/index.ts';

/** The reference's names (table of 4.2.2.9) and those of RFC 5280 §5.3.1. */
const names: Readonly<Record<RevocationReason, CrlReason>> = {
  UNSPECIFIED: 'unspecified',
  KEY_COMPROMISE: 'keyCompromise',
  CERTIFICATE_AUTHORITY_COMPROMISE: 'cACompromise',
  AFFILIATION_CHANGED: 'affiliationChanged',
  SUPERSEDED: 'superseded',
  CESSATION_OF_OPERATION: 'cessationOfOperation',
  CERTIFICATE_HOLD: 'certificateHold',
  PRIVILEGE_WITHDRAWN: 'privilegeWithdrawn',
  ATTRIBUTE_AUTHORITY_COMPROMISE: 'aACompromise',
};

/** The reason of a revocation as it is stored. */
export function crlReasonOf(stored: string | null): CrlReason {
  return names[stored as RevocationReason] ?? 'unspecified';
}
