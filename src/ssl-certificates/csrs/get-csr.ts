import type { Actor } from '../../iam/actor.ts';
import { scmError } from '../errors.ts';
import { accessRequest, type PermissionName } from '../permissions.ts';
import type { CsrPorts } from './csr-ports.ts';
import { findCsr, type StoredCsr } from './csr-store.ts';

/** Throws AccessDenied, SCM.0707. */
export async function getCsr(
  { database, identity }: Pick<CsrPorts, 'database' | 'identity'>,
  actor: Actor,
  csrId: string,
  permission: PermissionName = 'getCsr',
): Promise<StoredCsr> {
  await identity.authorize(actor, accessRequest(permission));
  const csr = await findCsr(database, actor.accountId, csrId);
  if (!csr) throw csrNotFound();
  return csr;
}

/** Clients take this code for deleted, whatever its status says. */
export function csrNotFound() {
  return scmError('SCM.0707', 'The id does not name a CSR of this account.');
}
