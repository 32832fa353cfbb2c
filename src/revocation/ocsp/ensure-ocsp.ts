import type { Actor } from '../../iam/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { ocspSwitchedAlready } from '../errors.ts';
import type { RevocationPorts } from '../ports.ts';
import { switchOcsp } from './switch-ocsp.ts';

/** Has OCSP on for the CA, whoever switched it on. Throws what `switchOcsp` throws otherwise. */
export async function ensureOcsp(ports: RevocationPorts, actor: Actor, caId: string): Promise<void> {
  const ca = await ports.records.find(ports.database, caId);
  if (ca?.row.account_id === actor.accountId && ca.row.ocsp_enabled === 1) return;
  try {
    await switchOcsp(ports, actor, caId, true);
  } catch (error) {
    // Another node was faster.
    if (!(error instanceof ServiceError) || error.code !== ocspSwitchedAlready(true).code) throw error;
  }
}
