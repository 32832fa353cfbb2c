import type { KeyAlgorithm } from '../../pki/index.ts';
import { encodePem } from '../../pki/index.ts';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import { changeCertificate, type SslCertificate } from '../certificates/certificate-store.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { keyAlgorithmName, keyAlgorithmOf } from '../csrs/key-algorithm.ts';
import { scmError } from '../errors.ts';
import type { Applicant, ApplicationData } from './application.ts';
import { scheduleApplication } from './application-job.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { applicationSettings } from './application-settings.ts';
import { findApplication, replaceApplication, type StoredApplication } from './application-store.ts';
import type { PreparedApplication } from './prepare-application.ts';
import { removeValidations } from './validation-store.ts';

type SubmitPorts = Pick<ApplicationPorts, 'clock' | 'jobs' | 'keyStore' | 'configuration'>;

export interface SubmittedApplication {
  /** CHECKING. */
  readonly certificate: SslCertificate;
  readonly application: StoredApplication;
}

/**
 * Applies for a certificate that is PAID or UNPASSED: it becomes CHECKING, and the job does the rest once `jobs.wake()` or time calls it.
 * `appliedBy`: who did, if not time. Throws SCM.0010 for other states, and if the certificate was changed since it was seen.
 */
export async function submitApplication(
  ports: SubmitPorts,
  transaction: Transaction,
  seen: SslCertificate,
  prepared: PreparedApplication,
  appliedBy: string | null = null,
): Promise<SubmittedApplication> {
  if (seen.status !== 'PAID' && seen.status !== 'UNPASSED')
    throw scmError('SCM.0010', `The certificate is ${seen.status}; it has to be PAID or UNPASSED.`);
  const nowMs = ports.clock.nowMs();
  const certificate = await changeCertificate(transaction, seen, {
    status: 'CHECKING',
    ...nameColumns(prepared),
    failure_reason: null,
    updated_at: nowMs,
  });
  const application = { ...applicationRow(ports, certificate, prepared), applied_by: appliedBy };
  if (prepared.key) await ports.keyStore.save(transaction, prepared.key);
  await removeValidations(transaction, seen.certificate_id);
  await replaceApplication(transaction, application);
  await scheduleApplication(ports, transaction, certificate);
  return { certificate, application };
}

export function nameColumns({ names }: PreparedApplication): { domain: string; sans: string } {
  const [domain = '', ...additional] = names.map(({ name }) => name);
  return { domain, sans: additional.join(';') };
}

export function applicationRow(
  { clock, configuration }: Pick<ApplicationPorts, 'clock' | 'configuration'>,
  { certificate_id, account_id }: SslCertificate,
  { data, csrDer, keyAlgorithm, key }: PreparedApplication,
): StoredApplication {
  const nowMs = clock.nowMs();
  return {
    certificate_id,
    account_id,
    applicant: JSON.stringify(data.applicant),
    method: data.method,
    auto_dns: data.autoDns ? 1 : 0,
    ca_hash_algorithm: data.hashAlgorithm,
    key_algorithm: keyAlgorithmOf(keyAlgorithm),
    csr_der: csrDer,
    key_id: key?.keyId ?? null,
    submitted_at: nowMs,
    expires_at: nowMs + applicationSettings(configuration).lifetimeMs,
    issuer: null,
    issuer_state: null,
    review: 'none',
    applied_by: null,
  };
}

/**
 * What an issued certificate was applied for with, for the next one of its series: with a key of its own, or by the same CSR where the
 * applicant keeps the key. Undefined if there is no application for it.
 */
export async function repeatedApplication(
  reader: Reader,
  certificate: SslCertificate,
): Promise<ApplicationData | undefined> {
  const application = await findApplication(reader, certificate.certificate_id);
  if (!application) return undefined;
  return {
    domain: certificate.domain,
    sans: certificate.sans,
    csr: application.key_id === null ? encodePem('CERTIFICATE REQUEST', application.csr_der) : undefined,
    keyAlgorithm: keyAlgorithmName(application.key_algorithm as KeyAlgorithm) ?? 'RSA_2048',
    method: application.method,
    autoDns: application.auto_dns === 1,
    hashAlgorithm: application.ca_hash_algorithm === 'SHA-256' ? 'SHA-256' : 'DEFAULT',
    applicant: JSON.parse(application.applicant) as Applicant,
  };
}

/** The key of an application that led to no certificate. */
export async function destroyApplicationKey(
  { keyStore }: Pick<ApplicationPorts, 'keyStore'>,
  transaction: Transaction,
  { key_id: keyId, account_id: accountId }: StoredApplication,
): Promise<void> {
  if (keyId !== null) await keyStore.destroy(transaction, keyOwner(accountId), keyId);
}
