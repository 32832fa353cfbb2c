import type { Transaction } from '../../platform/db/index.ts';
import { defined } from '../defined.ts';
import { badRequest, conflict } from '../errors.ts';
import { isExternalIdentity } from '../federation/mapping.ts';
import type { UserTable } from '../tables.ts';
import { findUsers } from './store.ts';

/** What callers may set of a user; undefined leaves it. */
export interface UserFields {
  readonly name?: string | undefined;
  readonly password?: string | undefined;
  readonly description?: string | undefined;
  readonly email?: string | undefined;
  readonly areaCode?: string | undefined;
  readonly phone?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly accessMode?: UserTable['access_mode'] | undefined;
  readonly externalId?: string | undefined;
  readonly externalType?: string | undefined;
  readonly defaultProjectId?: string | undefined;
  readonly passwordReset?: boolean | undefined;
}

/** Without the password, which is hashed first. */
export function userColumns(fields: UserFields): Partial<UserTable> {
  return defined({
    name: fields.name,
    description: fields.description,
    email: orUnset(fields.email),
    area_code: orUnset(fields.areaCode),
    phone: orUnset(fields.phone),
    enabled: flag(fields.enabled),
    access_mode: fields.accessMode,
    external_id: orUnset(checkedExternalId(fields.externalId)),
    external_type: orUnset(fields.externalType),
    default_project_id: orUnset(fields.defaultProjectId),
    password_reset: flag(fields.passwordReset),
  });
}

/** Clients send the empty string for "not set". */
function orUnset(text: string | undefined): string | null | undefined {
  return text === '' ? null : text;
}

function checkedExternalId(externalId: string | undefined): string | undefined {
  if (externalId !== undefined && externalId !== '' && !isExternalIdentity(externalId))
    throw badRequest('user.xuser_id must not have control characters or begin or end with a space.');
  return externalId;
}

function flag(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : value ? 1 : 0;
}

/** Logins from an identity provider must lead to one user. */
export async function requireDistinctExternalId(
  transaction: Transaction,
  accountId: string,
  userId: string | undefined,
  externalId: string | undefined,
): Promise<void> {
  if (!externalId) return;
  const others = await findUsers(transaction, accountId, { externalId });
  if (others.some((other) => other.user_id !== userId))
    throw conflict('user', 'Another user has this external identity (xuser_id).');
}
