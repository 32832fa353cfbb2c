import type { Actor } from '../../iam/actor.ts';
import { AccessDenied } from '../../platform/errors.ts';
import type { SslCertificate } from '../certificates/certificate-store.ts';
import { loadCertificate, requireStatus, typedNames } from '../certificates/load-certificate.ts';
import { separatedNames } from '../csrs/bound-name.ts';
import { scmError } from '../errors.ts';
import { accessRequest, permissions } from '../permissions.ts';
import { issuerRequest } from './application.ts';
import type { ApplicationPorts } from './application-ports.ts';
import type { ApplyBody } from './application-schemas.ts';
import { askToBegin, type Beginning, storeBeginning } from './begin-application.ts';
import { type PreparedApplication, prepareApplication } from './prepare-application.ts';
import { readApplicationBody } from './read-application-body.ts';
import { applicationRow, nameColumns, submitApplication } from './submit-application.ts';

/**
 * Applies for a certificate that was bought. The issuer is asked at once, so that what is to be verified can be read right after; if it
 * cannot be asked, the certificate is CHECKING until the job could. Throws AccessDenied, SCM.0010 (state), SCM.0087 (the issuer refuses,
 * nothing is changed), SCM.0025 (429: no more mails may be sent), SCM.0094, and as `prepareApplication`.
 */
export async function applyCertificate(
  ports: ApplicationPorts,
  actor: Actor,
  certificateId: string,
  body: ApplyBody,
): Promise<void> {
  const subjectNames = typedNames([body.domain, ...separatedNames(body.sans ?? '')]);
  const seen = await loadCertificate(ports, actor, 'applyCertificate', certificateId, { subjectNames });
  requireStatus('applyCertificate', seen, ports.clock.nowMs());
  const prepared = await prepareApplication(ports, seen, readApplicationBody(body), () =>
    mayReadKeys(ports, actor),
  );
  const beginning = await tryToBegin(ports, seen, prepared);
  await ports.database.transaction(async (transaction) => {
    const { principalId } = actor;
    const { certificate, application } = await submitApplication(
      ports,
      transaction,
      seen,
      prepared,
      principalId,
    );
    if (beginning) await storeBeginning(ports, transaction, certificate, application, beginning);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.applyCertificate.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: seen.name,
      result: 'success',
      detail: prepared.names.map(({ name }) => name).join(', '),
    });
  });
  ports.jobs.wake();
}

/** Who may not is given the certificate without the key, as an applicant who keeps it elsewhere; the refusal is on record. */
async function mayReadKeys({ identity }: ApplicationPorts, actor: Actor): Promise<boolean> {
  try {
    // Not critical here: the key goes into the certificate, whose export asks for the second factor.
    await identity.authorize(actor, { ...accessRequest('getCsrPrivateKey'), isCritical: false });
    return true;
  } catch (error) {
    if (error instanceof AccessDenied) return false;
    throw error;
  }
}

/** Undefined if the issuer could not be asked. */
async function tryToBegin(
  ports: ApplicationPorts,
  certificate: SslCertificate,
  prepared: PreparedApplication,
): Promise<Extract<Beginning, { kind: 'begun' }> | undefined> {
  let beginning: Beginning;
  try {
    const named = { ...certificate, ...nameColumns(prepared) };
    beginning = await askToBegin(ports, issuerRequest(named, applicationRow(ports, certificate, prepared)));
  } catch (error) {
    ports.log.warn({ error, certificateId: certificate.certificate_id }, 'an issuer could not be asked');
    return undefined;
  }
  if (beginning.kind === 'begun') return beginning;
  throw scmError('SCM.0087', beginning.reason);
}
