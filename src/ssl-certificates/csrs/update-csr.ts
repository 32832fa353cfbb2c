import type { Actor } from '../../iam/actor.ts';
import { accessRequest, permissions } from '../permissions.ts';
import type { CsrPorts } from './csr-ports.ts';
import { renameCsr, type StoredCsr } from './csr-store.ts';
import { csrNotFound } from './get-csr.ts';

/** Gives it another name; nothing else of a CSR changes. Throws AccessDenied, SCM.0707. */
export async function updateCsr(
  { database, identity, clock }: CsrPorts,
  actor: Actor,
  csrId: string,
  name: string,
): Promise<StoredCsr> {
  await identity.authorize(actor, accessRequest('updateCsr'));
  return database.transaction(async (transaction) => {
    const csr = await renameCsr(transaction, actor.accountId, csrId, { name, updatedAt: clock.nowMs() });
    if (!csr) throw csrNotFound();
    await identity.recordAudit(transaction, actor, {
      action: permissions.updateCsr.action,
      resourceType: 'csr',
      resourceId: csrId,
      resourceName: name,
      result: 'success',
    });
    return csr;
  });
}
