import type { Actor } from '../../iam/actor.ts';
import { permissions } from '../permissions.ts';
import { keyOwner } from './certification-request.ts';
import type { CsrPorts } from './csr-ports.ts';
import { removeCsr } from './csr-store.ts';
import { csrNotFound, getCsr } from './get-csr.ts';

/** Removes it and destroys its key. Certificates that were applied for with it stay. Throws AccessDenied, SCM.0707. */
export async function deleteCsr(ports: CsrPorts, actor: Actor, csrId: string): Promise<void> {
  const csr = await getCsr(ports, actor, csrId, 'deleteCsr');
  await ports.database.transaction(async (transaction) => {
    if (!(await removeCsr(transaction, actor.accountId, csrId))) throw csrNotFound();
    if (csr.key_id !== null) await ports.keyStore.destroy(transaction, keyOwner(actor.accountId), csr.key_id);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.deleteCsr.action,
      resourceType: 'csr',
      resourceId: csrId,
      resourceName: csr.name,
      result: 'success',
    });
  });
}
