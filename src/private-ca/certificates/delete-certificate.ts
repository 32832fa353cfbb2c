import type { Actor } from '../../iam/actor.ts';
import { pcaError } from '../errors.ts';
import { accessRequest } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { deleteAllTags } from '../tags/tag-store.ts';
import { deleteCertificateRow } from './certificate-store.ts';
import { getAuthorizedCertificate } from './get-certificate.ts';
import { keyOwner } from './key-owner.ts';

/**
 * Removes a certificate in any status, and destroys its keys. Its serial numbers stay: who holds a copy must still learn of a
 * revocation, and the issuer must not use them again. Throws AccessDenied and PCA.00030102.
 */
export async function deleteCertificate(
  ports: Pick<PrivateCaPorts, 'database' | 'identity' | 'keyStore' | 'quotas'>,
  actor: Actor,
  certificateId: string,
): Promise<void> {
  const seen = await getAuthorizedCertificate(ports, actor, 'deleteCertificate', certificateId);
  await ports.database.transaction(async (transaction) => {
    const deleted = await deleteCertificateRow(transaction, actor.accountId, seen.certificate_id);
    if (deleted === undefined) throw pcaError('PCA.00030102');
    for (const keyId of [deleted.key_id, deleted.enc_key_id]) {
      if (keyId !== null) await ports.keyStore.destroy(transaction, keyOwner(actor.accountId), keyId);
    }
    await deleteAllTags(transaction, deleted.certificate_id);
    await ports.quotas.release(transaction, actor.accountId, 'CERTIFICATE');
    await ports.identity.recordAudit(transaction, actor, {
      action: accessRequest('deleteCertificate').action,
      resourceType: 'certificate',
      resourceId: deleted.certificate_id,
      resourceName: deleted.common_name,
      result: 'success',
    });
  });
}
