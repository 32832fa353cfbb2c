import type { Actor } from '../../iam/actor.ts';
import { attributesOfName, type Certificate, nameToString, samePublicKey } from '../../pki/index.ts';
import { ServiceError } from '../../platform/errors.ts';
import { type CertificateAuthority, requireAllowed } from '../ca.ts';
import { certifiedNames } from '../certified-names.ts';
import { requireCrlSign } from '../crl-configuration.ts';
import { columnsOfEncodedName } from '../distinguished-name.ts';
import { pcaError } from '../errors.ts';
import type { AccessTarget } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { shownSignatureAlgorithm } from '../signature-algorithm.ts';
import { changeAuthority } from './change-authority.ts';
import {
  effectivePathLength,
  parseImportedCertificate,
  parseImportedChain,
  requireCaCertificate,
} from './imported-certificate.ts';
import { loadAuthority } from './load-authority.ts';

/** issuer_name has at most 64 characters (reference, table 4-80). */
const longestIssuerName = 64;

/** Activates a PENDING subordinate CA with a certificate that a CA outside issued for its CSR. */
export async function importAuthority(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  sent: { readonly certificate: string; readonly certificate_chain?: string | undefined },
): Promise<void> {
  const { clock, database } = ports;
  const ca = await loadAuthority(ports, actor, 'importAuthority', caId, namesIn(sent.certificate));
  const spki = requireImportable(ca, clock.nowMs());
  const certificate = parseImportedCertificate(sent.certificate);
  if (!samePublicKey(certificate.spki, spki)) {
    throw pcaError('PCA.00030301', 'certificate was not issued for the CSR of this CA.');
  }
  requireCaCertificate(certificate, clock.nowMs());
  const chain = sent.certificate_chain
    ? await parseImportedChain(sent.certificate_chain, certificate, clock.nowMs())
    : [];
  const columns = importedColumns(certificate, chain);
  if (ca.crl_enabled === 1) requireCrlSign(certificate.known.keyUsage);
  await database.transaction(async (transaction) => {
    await changeAuthority(ports, transaction, actor, 'importAuthority', ca, columns);
    if (ca.crl_enabled === 1) {
      await ports.revocation?.crlConfigured(transaction, ca.account_id, ca.ca_id, true);
    }
  });
  ports.revocation?.committed();
}

/** A certificate that cannot be read is refused after the permission was asked, for the CA's own name. */
function namesIn(certificate: string): Pick<AccessTarget, 'subjectNames'> {
  try {
    const { subject, known } = parseImportedCertificate(certificate);
    return { subjectNames: certifiedNames(subject, known.subjectAlternativeNames ?? []).subjectNames };
  } catch (error) {
    if (error instanceof ServiceError) return {};
    throw error;
  }
}

function requireImportable(ca: CertificateAuthority, nowMs: number): Uint8Array {
  requireAllowed('import', ca, nowMs);
  if (ca.type === 'ROOT') throw pcaError('PCA.00030201', 'Only a subordinate CA can be imported.');
  if (ca.public_key_spki === null) {
    throw pcaError(
      'PCA.00030201',
      'The CA was purchased and has no key yet, so no certificate can be for it.',
    );
  }
  return ca.public_key_spki;
}

function importedColumns(
  certificate: Certificate,
  chain: readonly Certificate[],
): Partial<CertificateAuthority> {
  const { keyUsage } = certificate.known;
  return {
    // The certificate decides: the CA outside may have changed what was asked for.
    ...columnsOfEncodedName(certificate.subject),
    status: 'ACTIVED',
    gen_mode: 'IMPORT',
    issuer_id: null,
    issuer_name: nameOfIssuer(certificate),
    signature_algorithm: certificate.signatureAlgorithm
      ? shownSignatureAlgorithm(certificate.signatureAlgorithm)
      : null,
    path_length: effectivePathLength(certificate, chain),
    key_usages: keyUsage === undefined ? null : JSON.stringify(keyUsage),
    serial_number: certificate.serialNumber.toString(),
    not_before: certificate.notBeforeMs,
    not_after: certificate.notAfterMs,
    certificate_der: certificate.der,
    imported_chain_der: chain.length === 0 ? null : Buffer.concat(chain.map(({ der }) => der)),
  };
}

function nameOfIssuer({ issuer }: Certificate): string {
  const { commonName, organization } = attributesOfName(issuer);
  return (commonName || organization || nameToString(issuer)).slice(0, longestIssuerName);
}
