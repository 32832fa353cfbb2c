import type { JobHandler, Progress } from '../../jobs/index.ts';
import { readSetting, type Transaction, writeSetting } from '../../platform/db/index.ts';
import { findCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { type Occasion, occasionKey } from './notice.ts';
import { type Band, findUntold } from './notice-store.ts';
import { daysBefore } from './recipients.ts';
import { recordOccasion, type TellPorts, tell } from './tell.ts';

type Ports = Pick<SslCertificatesPorts, 'database'> & TellPorts;

/** The one job of the installation that looks what ends. */
export const sweepJob = { kind: 'ssl:notifications', key: 'all', accountId: 'system' } as const;

const everyMs = 3_600_000;
const dayMs = 86_400_000;
const pageSize = 200;
const sweptSetting = 'ssl.notifications.swept_until';

/** A step of the time before the end; the shortest that is left is told, so that who was away gets one notice, not five. */
type Step = Omit<Band, 'status' | 'occasion'> & { readonly occasion: Occasion };

/** Tells of certificates that end soon or have ended. Repeatable: what was told is recorded with what sends it. */
export function createExpirySweep(ports: Ports): JobHandler {
  return async (_job, progress) => {
    const nowMs = ports.clock.nowMs();
    // What ended before anybody looked for the first time is no news.
    const sweptMs = Number((await readSetting(ports.database, sweptSetting)) ?? nowMs);
    for (const step of stepsAt(nowMs, sweptMs, daysBefore(ports.configuration)))
      for (const status of ['ISSUED', 'UPLOAD'] as const) await tellBand(ports, progress, status, step);
    await ports.database.transaction((transaction) => writeSetting(transaction, sweptSetting, String(nowMs)));
    return { nextDueMs: nowMs + everyMs };
  };
}

/** Has to be done once at every start. */
export async function ensureExpirySweep(
  { clock, jobs }: Pick<Ports, 'clock' | 'jobs'>,
  transaction: Transaction,
): Promise<void> {
  await jobs.ensure(transaction, { ...sweepJob, dueMs: clock.nowMs() });
}

function stepsAt(nowMs: number, sweptMs: number, days: readonly number[]): Step[] {
  const expiring = days.map((each, index): Step => {
    const next = days[index + 1];
    return {
      flag: 'notify_expiring',
      afterMs: next === undefined ? nowMs : nowMs + next * dayMs,
      untilMs: nowMs + each * dayMs,
      occasion: { kind: 'CERT_EXPIRING', days: each },
    };
  });
  return [
    ...expiring,
    { flag: 'notify_expired', afterMs: sweptMs - 1, untilMs: nowMs, occasion: { kind: 'CERT_EXPIRED' } },
  ];
}

async function tellBand(ports: Ports, progress: Progress, status: Band['status'], step: Step): Promise<void> {
  const { database } = ports;
  const band: Band = { ...step, status, occasion: occasionKey(step.occasion) };
  for (;;) {
    progress.note();
    const untold = await findUntold(database, band, pageSize);
    for (const { account_id: accountId, certificate_id: id } of untold)
      await database.transaction(async (transaction) => {
        const certificate = await findCertificate(transaction, accountId, id);
        if (certificate) await tellOfEnd(ports, transaction, certificate, step.occasion);
      });
    // What was told is found no more, so the next page is the first again.
    if (untold.length < pageSize) return;
  }
}

/** The end of a certificate that has a successor already is nothing to worry about. */
async function tellOfEnd(
  ports: Ports,
  transaction: Transaction,
  certificate: SslCertificate,
  occasion: Occasion,
): Promise<void> {
  const { successor_id: successorId, account_id: accountId } = certificate;
  const successor = successorId ? await findCertificate(transaction, accountId, successorId) : undefined;
  if (successor?.status === 'ISSUED') await recordOccasion(ports, transaction, certificate, occasion);
  else await tell(ports, transaction, certificate, occasion, remarkOn(successor));
}

function remarkOn(successor: SslCertificate | undefined): string | undefined {
  return (
    successor && `The next certificate of the series, ${successor.certificate_id}, is ${successor.status}.`
  );
}
