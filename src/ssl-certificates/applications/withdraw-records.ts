import type { Job } from '../../jobs/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Challenge } from '../issuers/issuer.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { challengeOf, closeValidations, listValidations } from './validation-store.ts';

/** Takes one DNS record away that OpenCCM wrote; tried again until it is gone, whatever becomes of the certificate meanwhile. */
export const withdrawalKind = 'ssl:application:withdraw';

export function withdrawalKey(certificateId: string, { recordName, recordValue }: Challenge): string {
  return `${certificateId} ${recordName} ${recordValue}`;
}

/** At the end of an application. A record that is due may have been written by a node that died before it said so. */
export async function scheduleWithdrawals(
  { jobs, clock }: Pick<ApplicationPorts, 'jobs' | 'clock'>,
  transaction: Transaction,
  { certificate_id: certificateId, account_id: accountId }: { certificate_id: string; account_id: string },
): Promise<void> {
  const validations = await listValidations(transaction, certificateId);
  for (const validation of validations) {
    const { method, publication } = validation;
    if (method !== 'DNS' || publication === 'none' || publication === 'withdrawn') continue;
    const challenge = challengeOf(validation);
    await jobs.schedule(transaction, {
      kind: withdrawalKind,
      key: withdrawalKey(certificateId, challenge),
      accountId,
      dueMs: clock.nowMs(),
      payload: challenge,
    });
  }
  await closeValidations(transaction, certificateId);
}

export async function withdrawRecord(
  { validators }: Pick<ApplicationPorts, 'validators'>,
  { payload }: Job,
): Promise<void> {
  await validators.withdraw(payload as Challenge);
}
