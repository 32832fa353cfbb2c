import type { Actor } from '../../iam/actor.ts';
import type { Applicant } from '../applications/application.ts';
import { findApplication, type StoredApplication } from '../applications/application-store.ts';
import { type DomainValidation, listValidations } from '../applications/validation-store.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import type { SslCertificate } from './certificate-store.ts';
import { loadCertificate } from './load-certificate.ts';

export interface CertificateDetails {
  readonly certificate: SslCertificate;
  /** The last application for it, if there was one. */
  readonly application: StoredApplication | undefined;
  readonly applicant: Applicant | undefined;
  readonly validations: readonly DomainValidation[];
}

/** A certificate with its application. Throws AccessDenied, SCM.0094. */
export async function getCertificate(
  ports: Pick<SslCertificatesPorts, 'database' | 'identity'>,
  actor: Actor,
  certificateId: string,
): Promise<CertificateDetails> {
  const certificate = await loadCertificate(ports, actor, 'getCertificate', certificateId);
  const application = await findApplication(ports.database, certificateId);
  const validations = application ? await listValidations(ports.database, certificateId) : [];
  const applicant = application && (JSON.parse(application.applicant) as Applicant);
  return { certificate, application, applicant, validations };
}
