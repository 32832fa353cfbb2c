import type { Actor } from '../../iam/index.ts';
import { noCrl, type SentCrlConfiguration, withOwnCrlFile } from '../../private-ca/index.ts';
import type { RevocationPorts } from '../ports.ts';
import { disableCrlState, enableCrlState } from './crl-state-store.ts';

/**
 * Publishes the CA's CRL from now on; what it issues from now on says where. Where CRLs are on already the configuration is
 * replaced (PCA-D073). Throws AccessDenied, PCA.00030102, PCA.00030201 and PCA.00020204.
 */
export async function enableCrl(
  ports: RevocationPorts,
  actor: Actor,
  caId: string,
  sent: SentCrlConfiguration,
): Promise<void> {
  const { clock, database, jobs, records } = ports;
  const ca = await records.load(actor, 'enableCrl', 'enableCrl', caId);
  const columns = await records.planCrl(actor, ca, sent);
  const write = database.transaction(async (transaction) => {
    await records.change(transaction, actor, 'enableCrl', ca, columns);
    const own = { caId: ca.ca_id, accountId: ca.account_id };
    await enableCrlState(transaction, jobs, own, clock.nowMs());
  });
  await withOwnCrlFile(write);
  jobs.wake();
}

/**
 * Publishes no more. The CRL stays in its bucket, since certificates point to it, until it runs out. Nothing changes where CRLs are
 * off. Throws AccessDenied, PCA.00030102 and PCA.00030201.
 */
export async function disableCrl(ports: RevocationPorts, actor: Actor, caId: string): Promise<void> {
  const { database, jobs, records } = ports;
  const ca = await records.load(actor, 'disableCrl', 'disableCrl', caId);
  if (ca.crl_enabled === 0) return;
  await database.transaction(async (transaction) => {
    await records.change(transaction, actor, 'disableCrl', ca, noCrl);
    await disableCrlState(transaction, jobs, ca.ca_id);
  });
}
