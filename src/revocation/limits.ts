import type { LimitDeclaration } from '../iam/index.ts';

/** Every table of this capability. */
export const revocationLimits: LimitDeclaration = {
  kinds: [],
  boundedOtherwise: {
    crl_states: 'one for a CA',
    ocsp_responders: 'one for a CA',
    status_changes: 'one for a serial number of a CA, removed with the next complete CRL',
  },
};
