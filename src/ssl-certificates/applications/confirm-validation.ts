import { permissions } from '../permissions.ts';
import { scheduleApplication } from './application-job.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { tokenDigest } from './check-domains.ts';
import { findValidationByToken, verifyByToken } from './validation-store.ts';

/**
 * Somebody followed the link of a mail and confirms that he holds the name: whoever has the token may, so there is no actor. `unknown`:
 * no application that runs has it.
 */
export async function confirmValidation(
  ports: Pick<ApplicationPorts, 'database' | 'clock' | 'jobs' | 'identity'>,
  token: string,
): Promise<'confirmed' | 'unknown'> {
  const digest = tokenDigest(token);
  const found = await findValidationByToken(ports.database, digest);
  if (!found) return 'unknown';
  // Mail programs follow links by themselves, and people twice.
  if (found.verified_at !== null) return 'confirmed';
  const isVerified = await ports.database.transaction(async (transaction) => {
    if (!(await verifyByToken(transaction, digest, ports.clock.nowMs()))) return false;
    await scheduleApplication(ports, transaction, found);
    await ports.identity.recordAudit(
      transaction,
      ports.identity.systemActor(found.account_id, 'ssl-validation-link'),
      {
        action: permissions.applyCertificate.action,
        resourceType: 'cert',
        resourceId: found.certificate_id,
        result: 'success',
        detail: `${found.domain} was confirmed by the link of a mail`,
      },
    );
    return true;
  });
  ports.jobs.wake();
  if (isVerified) return 'confirmed';
  // Somebody else was quicker, perhaps the same person with a second click; or the application ended.
  const now = await findValidationByToken(ports.database, digest);
  return now && now.verified_at !== null ? 'confirmed' : 'unknown';
}
