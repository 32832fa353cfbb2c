import type { Transaction } from '../../platform/db/index.ts';
import { findApplication, removeApplication } from '../applications/application-store.ts';
import { removeValidations } from '../applications/validation-store.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { forgetDeployments, requireNoRedeployment } from '../deployments/index.ts';
import { deleteNotices } from '../notifications/notice-store.ts';
import { freeCertificateType } from '../orders/product.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { deleteAllTags } from '../tags/tag-store.ts';
import { releaseFreeCertificate } from './account-usage-store.ts';
import { isKeyInUse, removeCertificate, type SslCertificate } from './certificate-store.ts';

/**
 * Removes the certificate with all that is kept of it, and destroys its keys. Nothing is revoked, and copies elsewhere keep working.
 * Throws SCM.0105 while it is being deployed where its predecessor was, or its successor where it was; SCM.0010 if it was changed meanwhile.
 */
export async function removeWithBelongings(
  { keyStore }: Pick<SslCertificatesPorts, 'keyStore'>,
  transaction: Transaction,
  certificate: SslCertificate,
): Promise<void> {
  const { account_id: accountId, certificate_id: certificateId } = certificate;
  // First, so that what is being written about it meanwhile is committed or refused when the rest is looked at.
  await removeCertificate(transaction, certificate);
  await requireNoRedeployment(transaction, accountId, certificateId);
  await forgetDeployments(transaction, accountId, certificateId);
  await deleteAllTags(transaction, certificateId);
  await deleteNotices(transaction, certificateId);
  const application = await findApplication(transaction, certificateId);
  await removeValidations(transaction, certificateId);
  await removeApplication(transaction, certificateId);
  if (certificate.type === freeCertificateType) await releaseFreeCertificate(transaction, accountId);
  const keyIds = new Set([certificate.key_id, certificate.enc_key_id, application?.key_id ?? null]);
  for (const keyId of keyIds)
    if (keyId !== null && !(await isNeeded(transaction, certificate, keyId)))
      await keyStore.destroy(transaction, keyOwner(accountId), keyId);
}

/** The next certificate of a series may have the key of this one, or be applied for with it. */
async function isNeeded(
  transaction: Transaction,
  { successor_id: successorId }: SslCertificate,
  keyId: string,
): Promise<boolean> {
  if (await isKeyInUse(transaction, keyId)) return true;
  const next = successorId === null ? undefined : await findApplication(transaction, successorId);
  return next?.key_id === keyId;
}
