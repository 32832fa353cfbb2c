import type { Actor } from '../../iam/actor.ts';
import { encodePem } from '../../pki/index.ts';
import { scmError } from '../errors.ts';
import { permissions } from '../permissions.ts';
import { keyOwner } from './certification-request.ts';
import type { CsrPorts } from './csr-ports.ts';
import { getCsr } from './get-csr.ts';

/** PKCS #8 as PEM. Throws AccessDenied, SCM.0707, SCM.0059 for a CSR that was uploaded without its key. */
export async function getCsrPrivateKey(ports: CsrPorts, actor: Actor, csrId: string): Promise<string> {
  const csr = await getCsr(ports, actor, csrId, 'getCsrPrivateKey');
  if (csr.key_id === null) throw scmError('SCM.0059', 'The CSR was uploaded without its private key.');
  const pkcs8 = await ports.keyStore.exportPrivateKey(keyOwner(actor.accountId), csr.key_id);
  try {
    // A key that leaves leaves a trace, durable before it is gone.
    await ports.database.transaction((transaction) =>
      ports.identity.recordAudit(transaction, actor, {
        action: permissions.getCsrPrivateKey.action,
        resourceType: 'csr',
        resourceId: csrId,
        resourceName: csr.name,
        result: 'success',
        detail: 'private key',
      }),
    );
    return encodePem('PRIVATE KEY', pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}
