import type { Actor } from '../../iam/actor.ts';
import { type NoticeFlags, switchNotices } from '../certificates/certificate-store.ts';
import { certificateNotFound, loadCertificate } from '../certificates/load-certificate.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'identity'>;

export type NoticeType = 'CERT_EXPIRING' | 'CERT_EXPIRED';

export interface NoticeSetting {
  readonly certificateId: string;
  readonly types: readonly NoticeType[];
}

/** Switches notices of certificates on or off, all or none of them. Throws AccessDenied, SCM.0094. */
export async function switchNotifications(
  ports: Ports,
  actor: Actor,
  operation: 'enableNotification' | 'disableNotification',
  settings: readonly NoticeSetting[],
): Promise<void> {
  const certificates: (NoticeSetting & { readonly name: string })[] = [];
  for (const { certificateId, types } of settings) {
    const { name } = await loadCertificate(ports, actor, operation, certificateId);
    certificates.push({ certificateId, name, types });
  }
  await ports.database.transaction(async (transaction) => {
    for (const { certificateId, name, types } of certificates) {
      const flags = flagsOf(types, operation === 'enableNotification' ? 1 : 0);
      if (!(await switchNotices(transaction, actor.accountId, certificateId, flags)))
        throw certificateNotFound(certificateId);
      await ports.identity.recordAudit(transaction, actor, {
        action: permissions[operation].action,
        resourceType: 'cert',
        resourceId: certificateId,
        resourceName: name,
        result: 'success',
        detail: types.join(', '),
      });
    }
  });
}

function flagsOf(types: readonly NoticeType[], value: 0 | 1): NoticeFlags {
  return {
    ...(types.includes('CERT_EXPIRING') && { notify_expiring: value }),
    ...(types.includes('CERT_EXPIRED') && { notify_expired: value }),
  };
}
