import type { Actor } from '../../iam/actor.ts';
import { PrivateKeyNotFound } from '../../kms/index.ts';
import { pkcs8ToTraditionalPem } from '../../pki/index.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { scmError } from '../errors.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { splitCertificates } from './certificate-chain.ts';
import type { SslCertificate } from './certificate-store.ts';
import { loadCertificate, requireStatus } from './load-certificate.ts';
import { certificatesPem } from './pem-text.ts';

type ExportPorts = Pick<SslCertificatesPorts, 'database' | 'identity' | 'keyStore' | 'clock'>;

/** PEM texts, and for who keeps the signature key the envelope of the encryption key. */
export interface ExportedCertificate {
  readonly certificate: string;
  /** Empty if there is none. */
  readonly chain: string;
  /** Undefined: the applicant keeps it. */
  readonly privateKey: string | undefined;
  /** SM certificates only. */
  readonly encryption: { readonly certificate: string; readonly privateKey: string | undefined } | undefined;
}

/**
 * A certificate with its chain and its private key, where that is kept here. Recorded before it is answered. Throws AccessDenied,
 * SCM.0094, SCM.0010; SCM.0007 if the key is gone.
 */
export async function exportCertificate(
  ports: ExportPorts,
  actor: Actor,
  certificateId: string,
): Promise<ExportedCertificate> {
  const certificate = await loadCertificate(ports, actor, 'exportCertificate', certificateId);
  requireStatus('exportCertificate', certificate, ports.clock.nowMs());
  const { certificate_der: der, enc_certificate_der: encDer } = certificate;
  if (der === null) throw scmError('SCM.0010', 'There is no certificate yet.');
  const exported = {
    certificate: certificatesPem([der]),
    chain: certificatesPem(splitCertificates(certificate.chain_der)),
    privateKey: await privateKeyPem(ports, certificate, certificate.key_id),
    encryption:
      encDer === null
        ? undefined
        : { certificate: certificatesPem([encDer]), privateKey: await encryptionKey(ports, certificate) },
  };
  await ports.database.transaction((transaction) =>
    ports.identity.recordAudit(transaction, actor, {
      action: permissions.exportCertificate.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: certificate.name,
      result: 'success',
      detail: exported.privateKey === undefined ? 'without a private key' : 'with its private key',
    }),
  );
  return exported;
}

/** Reference, table 4-50: to who keeps the signature key the encryption key comes in an envelope for that key. */
async function encryptionKey(ports: ExportPorts, certificate: SslCertificate): Promise<string | undefined> {
  if (certificate.key_id === null && certificate.enc_key_envelope !== null)
    return certificate.enc_key_envelope;
  return privateKeyPem(ports, certificate, certificate.enc_key_id);
}

async function privateKeyPem(
  { keyStore }: ExportPorts,
  { account_id: accountId }: SslCertificate,
  keyId: string | null,
): Promise<string | undefined> {
  if (keyId === null) return undefined;
  try {
    const pkcs8 = await keyStore.exportPrivateKey(keyOwner(accountId), keyId);
    try {
      return pkcs8ToTraditionalPem(pkcs8);
    } finally {
      pkcs8.fill(0);
    }
  } catch (error) {
    if (!(error instanceof PrivateKeyNotFound)) throw error;
    throw scmError('SCM.0007', 'The private key of the certificate is not in the key store.', {
      cause: error,
    });
  }
}
