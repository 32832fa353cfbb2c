import type { Transaction } from '../../platform/db/index.ts';
import { changeCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import type { BegunApplication, CertificateApplication } from '../issuers/issuer.ts';
import { countValidationMail } from '../mail/mail-budget.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { changeApplication, type StoredApplication } from './application-store.ts';
import { replaceValidations } from './validation-store.ts';
import { withdrawalKey, withdrawalKind } from './withdraw-records.ts';

/** What an issuer answered, and under which name it is found again. */
export type Beginning =
  | { readonly kind: 'begun'; readonly issuer: string; readonly begun: BegunApplication }
  | { readonly kind: 'refused'; readonly reason: string };

/** Asks the issuer for the brand and type. Throws what it throws: it could not be asked. */
export async function askToBegin(
  { issuers }: Pick<ApplicationPorts, 'issuers'>,
  request: CertificateApplication,
): Promise<Beginning> {
  const { name, issuer } = issuers.chosen(request.brand, request.type);
  const answer = await issuer.begin(request);
  return 'kind' in answer ? answer : { kind: 'begun', issuer: name, begun: answer };
}

/**
 * CHECKING → CHECKING_DOMAIN, with what there is to be verified. Throws SCM.0010 if the certificate was changed since it was seen, SCM.0025
 * (429) if the mails that it needs are more than may be sent.
 */
export async function storeBeginning(
  ports: Pick<ApplicationPorts, 'clock' | 'random' | 'issuers' | 'validators' | 'jobs'>,
  transaction: Transaction,
  seen: SslCertificate,
  application: StoredApplication,
  { issuer, begun }: Extract<Beginning, { kind: 'begun' }>,
): Promise<SslCertificate> {
  const certificate = await changeCertificate(transaction, seen, {
    status: 'CHECKING_DOMAIN',
    updated_at: ports.clock.nowMs(),
  });
  const { certificate_id: certificateId, account_id: accountId } = certificate;
  await changeApplication(transaction, certificateId, { issuer, issuer_state: begun.state });
  const looksItself = ports.issuers.named(issuer)?.looksItself === true;
  const nowMs = ports.clock.nowMs();
  const challenges = begun.challenges.map((challenge) => {
    const isProven = !looksItself && ports.validators.isPrevalidated(accountId, challenge.domain);
    const isWritten =
      challenge.method === 'DNS' &&
      application.auto_dns === 1 &&
      ports.validators.canPublish(accountId, challenge.domain);
    return {
      ...challenge,
      verifiedAt: isProven ? nowMs : null,
      isPublished: !isProven && (challenge.method === 'EMAIL' || isWritten),
    };
  });
  for (const { method, isPublished, recordName } of challenges)
    if (method === 'EMAIL' && isPublished)
      await countValidationMail(ports, transaction, accountId, recordName);
  await replaceValidations(transaction, { certificateId, accountId }, challenges);
  // An issuer may ask for the same record again, which is not to be taken away by the end of the last application.
  for (const challenge of challenges)
    await ports.jobs.cancel(transaction, withdrawalKind, withdrawalKey(certificateId, challenge));
  return certificate;
}
