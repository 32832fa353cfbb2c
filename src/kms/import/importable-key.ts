import type { Clock } from '../../platform/clock.ts';
import { kmsError } from '../errors.ts';
import { type Key, requirePreconditions } from '../key.ts';

const preconditions = {
  defaultKeys: 'refused',
  refusedStates: { '2': 'KMS.0310', '3': 'KMS.0310', '4': 'KMS.0310', '7': 'KMS.0320' },
} as const;

/** Origin external, in the service's own keystore, waiting for material. */
export function requireImportable(key: Key, clock: Clock): void {
  if (key.keystore_id !== '0') throw kmsError('KMS.0339', 'Its keys are generated there.');
  if (key.origin !== 'external')
    throw kmsError('KMS.0309', 'Material is imported into keys of origin external only.');
  requirePreconditions(key, clock, preconditions);
}
