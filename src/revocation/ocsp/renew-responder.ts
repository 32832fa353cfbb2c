import type { Again, Job, NewJob } from '../../jobs/index.ts';
import type { RevocationPorts } from '../ports.ts';
import { destroyResponderKey, prepareResponder, renewalDueMs, saveResponder } from './responder.ts';
import { deleteResponder, findResponder, type OcspResponder, replaceResponder } from './responder-store.ts';

export const renewalKind = 'pca:ocsp:renew';

/** Undefined if the responder lasts as long as its CA. */
export function renewalJob(responder: OcspResponder, caNotAfterMs: number): NewJob | undefined {
  const dueMs = renewalDueMs(responder, caNotAfterMs);
  if (dueMs === undefined) return undefined;
  return { kind: renewalKind, key: responder.ca_id, accountId: responder.account_id, dueMs };
}

/** Replaces a responder whose time is nearly over; removes that of a CA which is gone. May run any number of times. */
export async function renewResponder(
  ports: RevocationPorts,
  { key: caId }: Pick<Job, 'key'>,
): Promise<Again | undefined> {
  const { clock, database, identity, records } = ports;
  const seen = await findResponder(database, caId);
  if (!seen) return undefined;
  const ca = await records.find(database, caId);
  if (!ca || ca.row.key_id === null || ca.certificate.notAfterMs < clock.nowMs()) {
    await removeResponder(ports, caId);
    return undefined;
  }
  const { notAfterMs } = ca.certificate;
  const dueMs = renewalDueMs(seen, notAfterMs);
  if (dueMs === undefined || clock.nowMs() < dueMs) return again(dueMs);
  const prepared = await prepareResponder(ports, ca);
  await database.transaction(async (transaction) => {
    // Another node was faster: its responder is as good.
    if (!(await replaceResponder(transaction, seen, prepared.responder))) return;
    await saveResponder(ports, transaction, prepared);
    await destroyResponderKey(ports, transaction, seen);
    await identity.recordAudit(transaction, identity.systemActor(seen.account_id, renewalKind), {
      action: renewalKind,
      resourceType: 'ca',
      resourceId: caId,
      resourceName: ca.row.common_name,
      result: 'success',
      detail: `OCSP responder, serial number ${prepared.responder.serial_number}`,
    });
  });
  return again(renewalDueMs(prepared.responder, notAfterMs));
}

function again(dueMs: number | undefined): Again | undefined {
  return dueMs === undefined ? undefined : { nextDueMs: dueMs };
}

async function removeResponder(ports: RevocationPorts, caId: string): Promise<void> {
  await ports.database.transaction(async (transaction) => {
    const removed = await deleteResponder(transaction, caId);
    if (removed) await destroyResponderKey(ports, transaction, removed);
  });
}
