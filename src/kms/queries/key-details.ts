import type { Clock } from '../../platform/clock.ts';
import { stateOf } from '../key.ts';
import type { KeyTable } from '../tables.ts';

/** A key as clients read it: every member is a string, dates are milliseconds since 1970, "" where there is none. */
export interface KeyDetails {
  readonly key_id: string;
  readonly domain_id: string;
  readonly key_alias: string;
  readonly realm: string;
  readonly key_spec: string;
  readonly key_usage: string;
  readonly key_description: string;
  readonly creation_date: string;
  readonly scheduled_deletion_date: string;
  readonly key_state: string;
  readonly default_key_flag: string;
  readonly key_type: string;
  readonly expiration_time: string;
  readonly origin: string;
  readonly key_rotation_enabled: string;
  readonly sys_enterprise_project_id: string;
  readonly keystore_id: string;
}

function dateText(ms: number | null): string {
  return ms === null ? '' : String(ms);
}

export function presentKeyDetails(key: KeyTable, region: string, clock: Clock): KeyDetails {
  const state = stateOf(key, clock);
  return {
    key_id: key.key_id,
    domain_id: key.account_id,
    key_alias: key.key_alias,
    realm: region,
    key_spec: key.key_spec,
    key_usage: key.key_usage,
    key_description: key.key_description,
    creation_date: dateText(key.created_at),
    scheduled_deletion_date: dateText(key.scheduled_deletion_at),
    key_state: state,
    default_key_flag: String(key.is_default),
    key_type: '1',
    // Material that expired is gone, and its date with it.
    expiration_time: state === '5' ? '' : dateText(key.material_expires_at),
    origin: key.origin,
    key_rotation_enabled: key.rotation_enabled === 1 ? 'true' : 'false',
    sys_enterprise_project_id: key.enterprise_project_id,
    keystore_id: key.keystore_id,
  };
}
