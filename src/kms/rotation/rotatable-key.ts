import type { Clock } from '../../platform/clock.ts';
import { kmsError } from '../errors.ts';
import { familyOf, type Key, requirePreconditions } from '../key.ts';

const preconditions = {
  defaultKeys: 'refused',
  refusedStates: { '3': 'KMS.0209', '4': 'KMS.0210', '5': 'KMS.0312', '7': 'KMS.0320' },
} as const;

/** Only symmetric keys that the service made, in its own keystore, are rotated. */
export function requireRotatableKind(key: Key): void {
  if (key.origin === 'external') throw kmsError('KMS.0312', 'Import new material into a new key instead.');
  const family = familyOf(key);
  if (family === 'rsa') throw kmsError('KMS.0324', 'Make a new key instead.');
  if (family === 'hmac') throw kmsError('KMS.0341', 'Make a new key instead.');
  if (family !== 'symmetric') throw kmsError('KMS.0325', 'Make a new key instead.');
  if (key.keystore_id !== '0') throw kmsError('KMS.0338', 'Make a new key instead.');
}

/** Default key, state, then kind. */
export function requireRotatable(key: Key, clock: Clock): void {
  requirePreconditions(key, clock, preconditions);
  requireRotatableKind(key);
}
