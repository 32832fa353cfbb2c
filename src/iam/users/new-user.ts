import type { UserTable } from '../tables.ts';

/** A user as it is stored first; what is not given is unset. */
export function newUser(
  required: {
    readonly userId: string;
    readonly accountId: string;
    readonly name: string;
    readonly nowMs: number;
  },
  given: Partial<UserTable> = {},
): UserTable {
  return {
    description: '',
    email: null,
    area_code: null,
    phone: null,
    enabled: 1,
    is_root: 0,
    access_mode: 'default',
    external_id: null,
    external_type: null,
    default_project_id: null,
    password_hash: null,
    password_strength: 'Low',
    password_reset: 0,
    credentials_version: 1,
    last_login_at: null,
    last_active_at: null,
    password_changed_at: given.password_hash ? required.nowMs : null,
    ...given,
    user_id: required.userId,
    account_id: required.accountId,
    name: required.name,
    created_at: required.nowMs,
    updated_at: required.nowMs,
  };
}
