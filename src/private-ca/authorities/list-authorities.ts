import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { listSharedWith } from '../sharing/share-store.ts';
import { asShared } from '../sharing/shared-authority.ts';
import * as store from './authority-store.ts';

export interface AuthorityList {
  /** Of all that fit the filters, on whatever page. */
  readonly total: number;
  readonly authorities: readonly store.AuthoritySummary[];
}

export type AuthorityFilter = Omit<
  store.AuthorityQuery,
  'accountId' | 'sharedIds' | 'enterpriseProjectIds' | 'nowMs'
> & {
  /** Adds the CAs that other accounts share. */
  readonly withShared: boolean;
};

/** Those of enterprise projects that the actor may see. Throws AccessDenied if there are none. */
export async function listAuthorities(
  { clock, database, identity }: Pick<PrivateCaPorts, 'clock' | 'database' | 'identity'>,
  actor: Actor,
  { withShared, ...filter }: AuthorityFilter,
): Promise<AuthorityList> {
  const request = accessRequest('listAuthorities');
  const enterpriseProjectIds = await identity.permittedEnterpriseProjects(actor, request);
  const { accountId } = actor;
  const sharedIds = withShared ? await listSharedWith(database, accountId) : [];
  const query = { ...filter, accountId, sharedIds, enterpriseProjectIds, nowMs: clock.nowMs() };
  const total = await store.countAuthorities(database, query);
  const found = query.limit === 0 ? [] : await store.listAuthorities(database, query);
  return { total, authorities: found.map((ca) => (ca.account_id === accountId ? ca : asShared(ca))) };
}
