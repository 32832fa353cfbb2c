import type { Kysely, Updateable } from 'kysely';
import type { NewJob, Scheduler } from '../../jobs/index.ts';
import { insertIfAbsent, type Reader, type Transaction } from '../../platform/db/index.ts';
import type { CrlStateTable, RevocationTables, StatusChangeTable } from '../tables.ts';
import type { CrlState } from './crl-state.ts';

/** The job of a CA's CRL; there is one per CA as long as CRLs are on. */
export const publicationKind = 'pca:crl:publish';

function tables(reader: Reader): Kysely<RevocationTables> {
  return reader.tables<RevocationTables>();
}

function publicationJob(caId: string, accountId: string, dueMs: number): NewJob {
  return { kind: publicationKind, key: caId, accountId, dueMs };
}

const untouched = {
  account_id: null,
  enabled: 0,
  change_count: 0,
  published_count: 0,
  last_number: 0,
  base_number: null,
  base_this_update: null,
  delta_base: null,
  delta_this_update: null,
  published_at: null,
  publication_ms: 0,
  published_entries: 0,
  lease: null,
  lease_until: null,
} as const satisfies Omit<CrlStateTable, 'ca_id'>;

async function ensureRow(transaction: Transaction, caId: string): Promise<void> {
  await insertIfAbsent(
    tables(transaction)
      .insertInto('crl_states')
      .values({ ca_id: caId, ...untouched })
      .onConflict((conflict) => conflict.doNothing()),
  );
}

/** Undefined for a CA that never had a CRL. */
export async function findCrlState(reader: Reader, caId: string): Promise<CrlState | undefined> {
  const state = await tables(reader)
    .selectFrom('crl_states')
    .selectAll()
    .where('ca_id', '=', caId)
    .executeTakeFirst();
  return state?.account_id == null ? undefined : { ...state, account_id: state.account_id };
}

/** From now on, or anew: a complete CRL is due at once. Its number goes on from the last there was. */
export async function enableCrlState(
  transaction: Transaction,
  jobs: Pick<Scheduler, 'schedule'>,
  ca: { readonly caId: string; readonly accountId: string },
  nowMs: number,
): Promise<void> {
  await ensureRow(transaction, ca.caId);
  const none = { base_number: null, base_this_update: null, delta_base: null, delta_this_update: null };
  // Who publishes what was configured before has lost the right to.
  const free = { lease: null, lease_until: null };
  await tables(transaction)
    .updateTable('crl_states')
    .set({ account_id: ca.accountId, enabled: 1, published_at: null, publication_ms: 0, ...none, ...free })
    .where('ca_id', '=', ca.caId)
    .execute();
  await jobs.schedule(transaction, publicationJob(ca.caId, ca.accountId, nowMs));
}

/** What is published stays until its time is over. */
export async function disableCrlState(
  transaction: Transaction,
  jobs: Pick<Scheduler, 'cancel'>,
  caId: string,
): Promise<void> {
  await tables(transaction).updateTable('crl_states').set({ enabled: 0 }).where('ca_id', '=', caId).execute();
  await tables(transaction).deleteFrom('status_changes').where('issuer_id', '=', caId).execute();
  await jobs.cancel(transaction, publicationKind, caId);
}

/**
 * Counts a change, and makes its publication due where CRLs are on. The row is written in either case: its lock is what puts a
 * revocation and the switching on of CRLs in an order, so that no CRL misses what was being revoked.
 */
export async function recordStatusChange(
  transaction: Transaction,
  jobs: Pick<Scheduler, 'schedule'>,
  issuerId: string,
  serialNumbers: readonly string[],
  nowMs: number,
): Promise<void> {
  await ensureRow(transaction, issuerId);
  await tables(transaction)
    .updateTable('crl_states')
    .set((eb) => ({ change_count: eb('change_count', '+', 1) }))
    .where('ca_id', '=', issuerId)
    .execute();
  const state = await findCrlState(transaction, issuerId);
  if (state?.enabled !== 1) return;
  await tables(transaction)
    .insertInto('status_changes')
    .values(serialNumbers.map((serial_number) => ({ issuer_id: issuerId, serial_number, changed_at: nowMs })))
    .onConflict((conflict) =>
      conflict.columns(['issuer_id', 'serial_number']).doUpdateSet({ changed_at: nowMs }),
    )
    .execute();
  await jobs.schedule(transaction, publicationJob(issuerId, state.account_id, nowMs));
}

/** Makes every CRL of an account due: what kept them from being published may be gone. */
export async function scheduleAll(
  transaction: Transaction,
  jobs: Pick<Scheduler, 'schedule'>,
  accountId: string,
  nowMs: number,
): Promise<void> {
  const states = await tables(transaction)
    .selectFrom('crl_states')
    .select('ca_id')
    .where('account_id', '=', accountId)
    .where('enabled', '=', 1)
    .execute();
  for (const { ca_id: caId } of states) {
    await jobs.schedule(transaction, publicationJob(caId, accountId, nowMs));
  }
}

/** Takes the right to publish, and the next number; undefined while another has the right or CRLs are off. */
export async function leasePublication(
  transaction: Transaction,
  caId: string,
  lease: { readonly id: string; readonly nowMs: number; readonly untilMs: number },
): Promise<CrlState | undefined> {
  const taken = await tables(transaction)
    .updateTable('crl_states')
    .set((eb) => ({
      lease: lease.id,
      lease_until: lease.untilMs,
      last_number: eb('last_number', '+', 1),
    }))
    .where('ca_id', '=', caId)
    .where('enabled', '=', 1)
    .where((eb) => eb.or([eb('lease', 'is', null), eb('lease_until', '<=', lease.nowMs)]))
    .executeTakeFirst();
  return taken.numUpdatedRows === 1n ? findCrlState(transaction, caId) : undefined;
}

/** Changes the state of who still has the right to publish; false for who has lost it. */
export async function updateLeased(
  transaction: Transaction,
  caId: string,
  lease: string,
  changes: Updateable<CrlStateTable>,
): Promise<boolean> {
  const updated = await tables(transaction)
    .updateTable('crl_states')
    .set(changes)
    .where('ca_id', '=', caId)
    .where('enabled', '=', 1)
    .where('lease', '=', lease)
    .executeTakeFirst();
  return updated.numUpdatedRows === 1n;
}

/** Gives the right back without having published; false for who has lost it. */
export function releaseLease(transaction: Transaction, caId: string, lease: string): Promise<boolean> {
  return updateLeased(transaction, caId, lease, { lease: null, lease_until: null });
}

/**
 * For who has lost the right in the middle of storing: what is stored now may be older than what was, so a complete CRL is due
 * at once. Nothing where CRLs are off.
 */
export async function requireComplete(
  transaction: Transaction,
  jobs: Pick<Scheduler, 'schedule'>,
  ca: { readonly caId: string; readonly accountId: string },
  nowMs: number,
): Promise<void> {
  const updated = await tables(transaction)
    .updateTable('crl_states')
    .set({ base_number: null })
    .where('ca_id', '=', ca.caId)
    .where('enabled', '=', 1)
    .executeTakeFirst();
  if (updated.numUpdatedRows === 0n) return;
  await jobs.schedule(transaction, publicationJob(ca.caId, ca.accountId, nowMs));
}

/** A page of what changed since, by time and serial number. */
export async function listChanges(
  reader: Reader,
  issuerId: string,
  sinceMs: number,
  after: Pick<StatusChangeTable, 'changed_at' | 'serial_number'> | undefined,
  limit: number,
): Promise<readonly StatusChangeTable[]> {
  return tables(reader)
    .selectFrom('status_changes')
    .selectAll()
    .where('issuer_id', '=', issuerId)
    .where('changed_at', '>=', after?.changed_at ?? sinceMs)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([eb('changed_at', '>', after!.changed_at), eb('serial_number', '>', after!.serial_number)]),
      ),
    )
    .orderBy('changed_at')
    .orderBy('serial_number')
    .limit(limit)
    .execute();
}

/** What is in the complete CRL needs no place in its deltas. */
export async function forgetChanges(
  transaction: Transaction,
  issuerId: string,
  beforeMs: number,
): Promise<void> {
  await tables(transaction)
    .deleteFrom('status_changes')
    .where('issuer_id', '=', issuerId)
    .where('changed_at', '<', beforeMs)
    .execute();
}
