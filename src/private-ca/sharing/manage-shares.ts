import type { Actor } from '../../iam/actor.ts';
import { findAuthority } from '../authorities/authority-store.ts';
import { changeAuthority } from '../authorities/change-authority.ts';
import { loadAuthority, questionAbout } from '../authorities/load-authority.ts';
import { requireAllowed } from '../ca.ts';
import { pcaError } from '../errors.ts';
import { type PermissionName, permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import type { AuthorityShareTable } from '../tables.ts';
import { deleteShares, insertShares, listShares } from './share-store.ts';

/** With whom the CA is shared. Throws AccessDenied, PCA.00030102. */
export async function getShares(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
): Promise<AuthorityShareTable[]> {
  const ca = await loadAuthority(ports, actor, 'listShares', caId);
  return listShares(ports.database, ca.ca_id);
}

/** The permissions that another account has on a shared CA, for all names. */
const sharedPermissions = [
  'getAuthority',
  'exportAuthority',
  'issueCertificate',
  'issueCertificateByCsr',
] as const satisfies readonly PermissionName[];

/**
 * Shares the CA with these accounts and no others. Throws AccessDenied, also where the actor may not do itself what is shared, and
 * PCA.00020001 for an id that is no other account's.
 */
export async function setShares(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  accountIds: readonly string[],
): Promise<void> {
  const { clock, database } = ports;
  // Before an approval is asked for or used up.
  if (accountIds.length > 0) await requireSharedRights(ports, actor, caId);
  // Sharing no more takes rights away, which anybody with the permission may do at once.
  const approval = accountIds.length > 0 ? 'share-ca' : undefined;
  const ca = await loadAuthority(ports, actor, 'setShares', caId, { approval });
  requireAllowed('share', ca, clock.nowMs());
  const consumers = [...new Set(accountIds)];
  await requireOtherAccounts(ports, actor, consumers);
  await database.transaction(async (transaction) => {
    // Nothing of the CA changes, but it still has to be what was seen, and who else sets its shares waits for this row.
    await changeAuthority(ports, transaction, actor, 'setShares', ca, { ca_id: ca.ca_id });
    const before = await listShares(transaction, ca.ca_id);
    const since = new Map(before.map((share) => [share.consumer_id, share.create_time]));
    await deleteShares(transaction, ca.ca_id);
    if (consumers.length > 0) {
      await insertShares(
        transaction,
        consumers.map((consumer_id) => ({
          ca_id: ca.ca_id,
          consumer_id,
          account_id: ca.account_id,
          create_time: since.get(consumer_id) ?? clock.nowMs(),
        })),
      );
    }
  });
}

/** Leaves a missing permission to share, and an unknown CA, to the operation itself. */
async function requireSharedRights(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
): Promise<void> {
  const { database, identity } = ports;
  const ca = await findAuthority(database, actor.accountId, caId);
  if (ca === undefined) return;
  const sharing = await questionAbout(ports, actor, 'setShares', ca);
  if (identity.decide(actor, sharing) !== 'allowed') return;
  for (const permission of sharedPermissions) {
    const question = await questionAbout(ports, actor, permission, ca, { forAnyNames: true });
    if (identity.decide(actor, question) === 'allowed') continue;
    const { action } = permissions[permission];
    const explanation = `You cannot share what you may not do yourself, for any name: ${action} on this CA.`;
    await identity.refuseBecause(actor, sharing.action, explanation, sharing.resource);
  }
}

async function requireOtherAccounts(
  { accountExists }: Pick<PrivateCaPorts, 'accountExists'>,
  { accountId }: Actor,
  accountIds: readonly string[],
): Promise<void> {
  for (const [index, id] of accountIds.entries()) {
    if (id === accountId) throw pcaError('PCA.00020001', `account_ids[${index}] is the owner of the CA.`);
    if (!(await accountExists?.(id))) throw pcaError('PCA.00020001', `account_ids[${index}] is no account.`);
  }
}
