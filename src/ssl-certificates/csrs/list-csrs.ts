import type { Actor } from '../../iam/actor.ts';
import { accessRequest } from '../permissions.ts';
import type { CsrPorts } from './csr-ports.ts';
import { type CsrFilter, listCsrRows, type StoredCsr } from './csr-store.ts';

/** The newest first. Throws AccessDenied. */
export async function listCsrs(
  { database, identity }: Pick<CsrPorts, 'database' | 'identity'>,
  actor: Actor,
  filter: CsrFilter,
  page: { readonly limit: number; readonly offset: number },
): Promise<{ readonly total: number; readonly rows: StoredCsr[] }> {
  await identity.authorize(actor, accessRequest('listCsrs'));
  return listCsrRows(database, actor.accountId, filter, page);
}
