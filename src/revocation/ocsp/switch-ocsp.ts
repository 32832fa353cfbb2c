import type { Actor } from '../../iam/index.ts';
import { isUniqueViolation } from '../../platform/db/index.ts';
import { type CertificateAuthority, pcaError } from '../../private-ca/index.ts';
import { ocspSwitchedAlready } from '../errors.ts';
import type { RevocationPorts } from '../ports.ts';
import { renewalJob, renewalKind } from './renew-responder.ts';
import { destroyResponderKey, prepareResponder, saveResponder } from './responder.ts';
import { deleteResponder, insertResponder } from './responder-store.ts';

/**
 * Lets a responder of its own answer for the CA, or no more; what is issued from now on says where it is, or says nothing.
 * Throws AccessDenied, PCA.00030102, PCA.00030201, and PCA.10010071 or PCA.10010072 where nothing would change.
 */
export async function switchOcsp(
  ports: RevocationPorts,
  actor: Actor,
  caId: string,
  on: boolean,
): Promise<void> {
  const ca = await ports.records.load(actor, 'switchOcsp', 'switchOcsp', caId);
  if ((ca.ocsp_enabled === 1) === on) throw ocspSwitchedAlready(on);
  await (on ? switchOn(ports, actor, ca) : switchOff(ports, actor, ca));
}

async function switchOn(ports: RevocationPorts, actor: Actor, ca: CertificateAuthority): Promise<void> {
  const { clock, database, jobs, records } = ports;
  const speaking = await records.find(database, ca.ca_id);
  if (!speaking || ca.key_id === null) {
    throw pcaError(
      'PCA.00030201',
      'The key of this CA is kept by its owner, so nobody here can answer for it.',
    );
  }
  if (speaking.certificate.notAfterMs < clock.nowMs()) throw pcaError('PCA.00030201', 'The CA has expired.');
  const { keyUsage } = speaking.certificate.known;
  if (keyUsage !== undefined && !keyUsage.includes('keyCertSign')) {
    throw pcaError('PCA.00030201', 'The key usage of the CA lacks keyCertSign: it cannot have a responder.');
  }
  const prepared = await prepareResponder(ports, speaking);
  const write = database.transaction(async (transaction) => {
    await records.change(transaction, actor, 'switchOcsp', ca, { ocsp_enabled: 1 });
    await insertResponder(transaction, prepared.responder);
    await saveResponder(ports, transaction, prepared);
    const renewal = renewalJob(prepared.responder, speaking.certificate.notAfterMs);
    if (renewal) await jobs.schedule(transaction, renewal);
  });
  try {
    await write;
  } catch (error) {
    if (isUniqueViolation(error)) throw ocspSwitchedAlready(true);
    throw error;
  }
}

async function switchOff(ports: RevocationPorts, actor: Actor, ca: CertificateAuthority): Promise<void> {
  const { database, jobs, records } = ports;
  await database.transaction(async (transaction) => {
    await records.change(transaction, actor, 'switchOcsp', ca, { ocsp_enabled: 0 });
    const removed = await deleteResponder(transaction, ca.ca_id);
    if (!removed) throw ocspSwitchedAlready(false);
    await destroyResponderKey(ports, transaction, removed);
    await jobs.cancel(transaction, renewalKind, ca.ca_id);
  });
}
