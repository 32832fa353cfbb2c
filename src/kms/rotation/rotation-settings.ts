import { openKey } from '../access.ts';
import { changeKey, type KeyChanges } from '../change-key.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import type { Key } from '../key.ts';
import type { Caller, PermissionName } from '../permissions.ts';
import { requireRotatable, requireRotatableKind } from './rotatable-key.ts';
import { scheduleRotation } from './rotation-schedule.ts';

const defaultIntervalDays = 365;

interface SettingsChange {
  readonly permission: PermissionName;
  readonly decide: (key: Key) => KeyChanges;
}

async function changeSettings(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  { permission, decide }: SettingsChange,
): Promise<void> {
  const key = await openKey(context, caller, { reference: keyId, permission });
  await changeKey(context, caller, key, {
    permission,
    decide: (seen) => {
      requireRotatable(seen, context.clock);
      return decide(seen);
    },
    alsoWrite: async (transaction, seen) => {
      await scheduleRotation(context, transaction, { ...seen, ...decide(seen) });
    },
  });
}

/** Every 365 days from now on. Throws KMS.2901 if it is on. */
export async function enableRotation(context: KmsContext, caller: Caller, keyId: string): Promise<void> {
  const nowMs = context.clock.nowMs();
  await changeSettings(context, caller, keyId, {
    permission: 'enableRotation',
    decide: (seen) => {
      if (seen.rotation_enabled === 1) throw kmsError('KMS.2901', 'Rotation of the key is enabled already.');
      return {
        rotation_enabled: 1,
        rotation_interval_days: defaultIntervalDays,
        rotation_counts_from: nowMs,
      };
    },
  });
}

function requireRotationOn(key: Key): void {
  if (key.rotation_enabled === 0) throw kmsError('KMS.0313', 'Enable it first.');
}

/** Versions made so far stay. Throws KMS.0313 if it is off. */
export async function disableRotation(context: KmsContext, caller: Caller, keyId: string): Promise<void> {
  await changeSettings(context, caller, keyId, {
    permission: 'disableRotation',
    decide: (seen) => {
      requireRotationOn(seen);
      return { rotation_enabled: 0, rotation_counts_from: null };
    },
  });
}

/** Counts from the last rotation, or from when rotation was turned on. Throws KMS.3001, KMS.0313. */
export async function updateRotationInterval(
  context: KmsContext,
  caller: Caller,
  keyId: string,
  days: number,
): Promise<void> {
  if (!(Number.isInteger(days) && days >= 30 && days <= 365))
    throw kmsError('KMS.3001', 'rotation_interval must be a whole number of days from 30 to 365.');
  await changeSettings(context, caller, keyId, {
    permission: 'updateRotation',
    decide: (seen) => {
      requireRotationOn(seen);
      return { rotation_interval_days: days };
    },
  });
}

/** For every key that could be rotated, in any state. */
export async function getRotationStatus(context: KmsContext, caller: Caller, keyId: string): Promise<Key> {
  const key = await openKey(context, caller, { reference: keyId, permission: 'getRotation' });
  requireRotatableKind(key);
  return key;
}
