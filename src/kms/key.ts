import type { Clock } from '../platform/clock.ts';
import { type KmsErrorCode, kmsError } from './errors.ts';
import { type KeySpec, type KeyUsage, keySpecs } from './key-spec.ts';
import type { GrantTable, KeyState, KeyTable, TagTable } from './tables.ts';

/** A key as operations see it: its row with what decides on access. */
export interface Key extends Omit<KeyTable, 'key_spec' | 'key_usage'> {
  readonly key_spec: KeySpec;
  readonly key_usage: KeyUsage;
  readonly grants: readonly GrantTable[];
  readonly tags: readonly Pick<TagTable, 'tag_key' | 'tag_value'>[];
  readonly keystoreEnabled: boolean;
  /** Its material is in this HSM cluster and never here; null: wrapped in the database. */
  readonly hsmClusterId: string | null;
}

/** Codes of the states in which an operation does not work; a state that is not named is allowed. */
export type RefusedStates = Readonly<Partial<Record<KeyState, KmsErrorCode>>>;

/** Codes of the states in which no cryptographic operation works. */
export const onlyEnabled: RefusedStates = {
  '3': 'KMS.0209',
  '4': 'KMS.0210',
  '5': 'KMS.1301',
  '7': 'KMS.0320',
};

export interface Preconditions {
  readonly refusedStates: RefusedStates;
  readonly defaultKeys: 'allowed' | 'refused';
}

/** A key whose day of deletion has come is gone at that instant, whether or not its rows are swept away yet. */
export function isDestroyed(
  key: Pick<KeyTable, 'key_state' | 'scheduled_deletion_at'>,
  clock: Clock,
): boolean {
  const { key_state: state, scheduled_deletion_at: at } = key;
  return state === '4' && at !== null && at <= clock.nowMs();
}

/** Imported material that expired is gone at that instant; the key then waits for it to be imported again. */
export function stateOf(key: Pick<KeyTable, 'key_state' | 'material_expires_at'>, clock: Clock): KeyState {
  const { key_state: state, material_expires_at: expiresAt } = key;
  if ((state === '2' || state === '3') && expiresAt !== null && expiresAt <= clock.nowMs()) return '5';
  return state;
}

const stateNames: Readonly<Record<KeyState, string>> = {
  '2': 'enabled',
  '3': 'disabled',
  '4': 'pending deletion',
  '5': 'pending import',
  '7': 'frozen',
};

/** The order is that of the service: default key first, then state. */
export function requirePreconditions(key: Key, clock: Clock, conditions: Preconditions): void {
  if (key.is_default === 1 && conditions.defaultKeys === 'refused')
    throw kmsError('KMS.0211', `${key.key_alias} is a default key.`);
  const code = conditions.refusedStates[stateOf(key, clock)];
  if (code) throw kmsError(code, describeState(key, clock));
}

/** What every cryptographic operation asks of a key, whatever it does with it. */
export function requireUsable(key: Key, clock: Clock): void {
  const code = onlyEnabled[stateOf(key, clock)];
  if (code) throw kmsError(code, describeState(key, clock));
  if (!key.keystoreEnabled) throw kmsError('KMS.0340', 'The keystore of the key is disabled.');
}

function describeState(key: Key, clock: Clock): string {
  const state = stateOf(key, clock);
  return `The key is in state ${state} (${stateNames[state]}).`;
}

/** Refuses a key whose usage is not `usage`; for symmetric ones there is a code of its own where they cannot have it. */
export function requireUsage(
  key: Key,
  usage: KeyUsage,
  refused: Partial<Record<KeyUsage, KmsErrorCode>>,
): void {
  if (key.key_usage === usage) return;
  throw kmsError(refused[key.key_usage] ?? 'KMS.0308', `The key_usage of the key is ${key.key_usage}.`);
}

export function familyOf(key: Key) {
  return keySpecs[key.key_spec].family;
}
