import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { CertificateAuthority } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { deleteShares } from '../sharing/share-store.ts';
import { deleteAllTags } from '../tags/tag-store.ts';
import { deleteAuthorityRow } from './authority-store.ts';
import { changedMeanwhile, recordAuthorityAudit } from './change-authority.ts';

/** It never had a certificate, so nothing refers to it. */
export async function removePending(
  ports: Pick<PrivateCaPorts, 'identity' | 'keyStore' | 'quotas'>,
  transaction: Transaction,
  actor: Actor,
  ca: CertificateAuthority,
): Promise<void> {
  if (!(await deleteAuthorityRow(transaction, ca))) throw changedMeanwhile();
  if (ca.key_id !== null) {
    await ports.keyStore.destroy(transaction, { accountId: ca.account_id, purpose: 'pca' }, ca.key_id);
  }
  await deleteAllTags(transaction, ca.ca_id);
  await deleteShares(transaction, ca.ca_id);
  await ports.quotas.release(transaction, ca.account_id, 'CERTIFICATE_AUTHORITY');
  await recordAuthorityAudit(ports, transaction, actor, 'deleteAuthority', ca);
}
