import type { Again, Job, Progress } from '../../jobs/index.ts';
import {
  type BuiltCrl,
  buildCrl,
  type CrlContents,
  keyIdentifierOf,
  signatureAlgorithmFor,
} from '../../pki/index.ts';
import type { SpeakingAuthority } from '../../private-ca/index.ts';
import { crlKey, deltaKey } from '../addresses.ts';
import { requireMayPut } from '../buckets/agency.ts';
import type { RevocationPorts } from '../ports.ts';
import type { CrlStateTable } from '../tables.ts';
import { completeEntries, deltaEntries, safetyMs } from './crl-entries.ts';
import {
  type CrlPlan,
  type CrlState,
  completeIntervalMs,
  deltaIntervalMs,
  dueKind,
  nextDueMs,
  overlapMs,
  quietUntilMs,
} from './crl-state.ts';
import {
  findCrlState,
  forgetChanges,
  leasePublication,
  publicationKind,
  releaseLease,
  requireComplete,
  updateLeased,
} from './crl-state-store.ts';
import { FileSpool } from './file-spool.ts';

/** RFC 2585 §4.2. */
const crlContentType = 'application/pkix-crl';
/** A node that died in the middle keeps others from publishing for so long; one that lives renews. */
const leaseMs = 60_000;
const renewalMs = leaseMs / 3;
/** Another node publishes: this one looks again soon, since a change may have come too late for it. */
const busyMs = 250;

type Kind = 'complete' | 'delta';

/** A publication under way: its right, and the state as it was when the right was taken. */
interface Publication {
  readonly kind: Kind;
  readonly lease: string;
  readonly ca: SpeakingAuthority;
  readonly state: CrlState;
  readonly plan: CrlPlan;
  readonly startedMs: number;
  readonly progress: Progress;
}

/**
 * Publishes what is due of a CA's CRL, and answers when something is due again; undefined when nothing ever is. Throws whatever
 * keeps a CRL from being stored, so that it is tried again. Runs on one node at a time, also where its job runs twice.
 */
export async function publishDueCrl(
  ports: RevocationPorts,
  job: Pick<Job, 'key'>,
  progress: Progress,
): Promise<Again | undefined> {
  const { clock, database, records } = ports;
  for (;;) {
    const state = await findCrlState(database, job.key);
    const ca = await records.find(database, job.key);
    if (state?.enabled !== 1 || !ca || ca.row.key_id === null) return undefined;
    // Nobody asks for the status of what an expired CA issued.
    if (ca.row.not_after < clock.nowMs()) return undefined;
    const plan = planOf(ca);
    const kind = dueKind(state, plan, clock.nowMs());
    if (kind === undefined) return { nextDueMs: nextDueMs(state, plan) };
    const quiet = quietUntilMs(state);
    if (clock.nowMs() < quiet) return { nextDueMs: quiet };
    if (!(await publish(ports, { ca, plan, kind, progress }))) return { nextDueMs: clock.nowMs() + busyMs };
  }
}

function planOf({ row }: SpeakingAuthority): CrlPlan {
  if (row.crl_valid_days === null || row.crl_bucket === null || row.crl_name === null) {
    throw new Error(`CA ${row.ca_id} publishes a CRL without a configuration`);
  }
  return { validDays: row.crl_valid_days, deltaHours: row.crl_delta_hours };
}

/** False if another node publishes. */
async function publish(
  ports: RevocationPorts,
  { ca, plan, kind, progress }: Pick<Publication, 'ca' | 'plan' | 'kind' | 'progress'>,
): Promise<boolean> {
  const { clock, database, random } = ports;
  const startedMs = clock.nowMs();
  const lease = random.hexId();
  const caId = ca.row.ca_id;
  const right = { id: lease, nowMs: startedMs, untilMs: startedMs + leaseMs };
  const state = await database.transaction((transaction) => leasePublication(transaction, caId, right));
  if (!state) return false;
  const renewal = setInterval(() => {
    if (!progress.isStuck) void renew(ports, caId, lease).catch(() => undefined);
  }, renewalMs);
  const spool = new FileSpool();
  try {
    const publication = { kind, lease, ca, state, plan, startedMs, progress };
    const crl = await build(ports, publication, spool);
    progress.note();
    await store(ports, publication, crl);
    progress.note();
    await record(ports, publication, crl.entryCount);
  } catch (error) {
    await giveUp(ports, ca, lease);
    throw error;
  } finally {
    clearInterval(renewal);
    await spool.close();
  }
  return true;
}

/** Who lost the right while it stored may have put an older CRL over a newer one: that is put right at once. */
async function giveUp(ports: RevocationPorts, { row }: SpeakingAuthority, lease: string): Promise<void> {
  const { clock, database, jobs } = ports;
  const ca = { caId: row.ca_id, accountId: row.account_id };
  await database.transaction(async (transaction) => {
    if (await releaseLease(transaction, ca.caId, lease)) return;
    await requireComplete(transaction, jobs, ca, clock.nowMs());
  });
}

function renew({ clock, database }: RevocationPorts, caId: string, lease: string): Promise<boolean> {
  const changes = { lease_until: clock.nowMs() + leaseMs };
  return database.transaction((transaction) => updateLeased(transaction, caId, lease, changes));
}

async function build(
  { database, objectStorage, records }: RevocationPorts,
  { kind, ca, state, plan, startedMs, progress }: Publication,
  spool: FileSpool,
): Promise<BuiltCrl> {
  const { row, certificate } = ca;
  const intervalMs = kind === 'delta' ? deltaIntervalMs(plan.deltaHours!) : completeIntervalMs(plan);
  const signer = await records.signer(row);
  const contents: CrlContents = {
    issuer: certificate.subjectDer,
    thisUpdateMs: startedMs,
    nextUpdateMs: startedMs + intervalMs + overlapMs(intervalMs),
    number: BigInt(state.last_number),
    authorityKeyIdentifier: certificate.known.subjectKeyIdentifier ?? keyIdentifierOf(certificate.spki),
    signatureAlgorithm: signatureAlgorithmFor(signer.keyAlgorithm),
  };
  if (kind === 'delta') {
    const base = { baseNumber: BigInt(state.base_number!) };
    const entries = deltaEntries({ reader: database, records, progress }, row.ca_id, state.base_this_update!);
    return buildCrl({ ...contents, ...base }, entries, signer, spool);
  }
  const deltaAddress = objectStorage.publicUrl(row.crl_bucket!, deltaKey(row.crl_name!));
  const freshest = plan.deltaHours === null ? {} : { freshestCrl: [deltaAddress] };
  const entries = completeEntries({ reader: database, records, progress }, row.ca_id, state.base_this_update);
  return buildCrl({ ...contents, ...freshest }, entries, signer, spool);
}

async function store(
  ports: RevocationPorts,
  { kind, lease, ca: { row } }: Publication,
  crl: BuiltCrl,
): Promise<void> {
  const { ca_id: caId, account_id: accountId, crl_bucket: bucket, crl_name: name } = row;
  const key = kind === 'delta' ? deltaKey(name!) : crlKey(name!);
  await requireMayPut(ports, accountId, bucket!, key);
  // Who stalled until the right went to another must not put an older CRL over a newer one.
  if (!(await renew(ports, caId, lease))) throw lostRight(caId);
  await ports.objectStorage.putObject(accountId, bucket!, key, crl, crlContentType);
}

function lostRight(caId: string): Error {
  return new Error(`another node has taken over the CRL of CA ${caId}, or it was switched off`);
}

async function record(ports: RevocationPorts, publication: Publication, entryCount: number): Promise<void> {
  const { clock, database, identity } = ports;
  const { kind, lease, ca, state, startedMs } = publication;
  const caId = ca.row.ca_id;
  const changes: Partial<CrlStateTable> = {
    ...(kind === 'complete'
      ? { base_number: state.last_number, base_this_update: startedMs }
      : { delta_base: state.base_number, delta_this_update: startedMs }),
    published_count: state.change_count,
    published_at: clock.nowMs(),
    publication_ms: clock.nowMs() - startedMs,
    published_entries: entryCount,
    lease: null,
    lease_until: null,
  };
  await database.transaction(async (transaction) => {
    if (!(await updateLeased(transaction, caId, lease, changes))) throw lostRight(caId);
    if (kind === 'complete') await forgetChanges(transaction, caId, startedMs - safetyMs);
    await identity.recordAudit(transaction, identity.systemActor(ca.row.account_id, publicationKind), {
      action: publicationKind,
      resourceType: 'ca',
      resourceId: caId,
      resourceName: ca.row.common_name,
      result: 'success',
      detail: `${kind} CRL, number ${state.last_number}`,
    });
  });
}
