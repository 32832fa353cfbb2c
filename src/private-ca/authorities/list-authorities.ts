import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import * as store from './authority-store.ts';

export interface AuthorityList {
  /** Of all that fit the filters, on whatever page. */
  readonly total: number;
  readonly authorities: readonly store.AuthoritySummary[];
}

export async function listAuthorities(
  { clock, database, identity }: Pick<PrivateCaPorts, 'clock' | 'database' | 'identity'>,
  actor: Actor,
  filter: Omit<store.AuthorityQuery, 'accountId' | 'nowMs'>,
): Promise<AuthorityList> {
  await identity.authorize(actor, accessRequest('listAuthorities'));
  const query = { ...filter, accountId: actor.accountId, nowMs: clock.nowMs() };
  const total = await store.countAuthorities(database, query);
  const authorities = query.limit === 0 ? [] : await store.listAuthorities(database, query);
  return { total, authorities };
}
