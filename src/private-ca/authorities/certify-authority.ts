import {
  authorityKeyIdentifierExtension,
  basicConstraintsExtension,
  type Extension,
  encodeName,
  issueCertificate,
  type KeyAlgorithm,
  keyIdentifierOf,
  keyUsageExtension,
  type SignatureAlgorithm,
  type Signer,
  subjectKeyIdentifierExtension,
} from '../../pki/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { CaType } from '../ca.ts';
import { storedNames } from '../certified-names.ts';
import { type DistinguishedNameColumns, toEncodedName } from '../distinguished-name.ts';
import { pcaError } from '../errors.ts';
import { insertIssuedSerials } from '../issued-serial-store.ts';
import { type Issuer, type IssuerPermit, type Issuers, requirePathLength } from '../issuer.ts';
import { defaultCaKeyUsages, type KeyUsage } from '../key-usage.ts';
import { issueUnder } from '../policy/issue-under.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { newSerialNumber } from '../serial-number.ts';
import {
  type RequestSignatureAlgorithm,
  requireSameFamily,
  requireSignatureAlgorithm,
} from '../signature-algorithm.ts';
import type { CertificateAuthorityTable } from '../tables.ts';
import {
  issuedYears,
  requestedValidity,
  rootCaYears,
  type Validity,
  type ValidityRequest,
  withinIssuer,
} from '../validity.ts';

/** What the request says of the certificate to be. */
export interface CertificationRequest {
  readonly type: CaType;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly signatureAlgorithm: RequestSignatureAlgorithm;
  readonly validity: ValidityRequest;
  /** Of a subordinate CA. */
  readonly issuerId: string | undefined;
  readonly pathLength: number | undefined;
  readonly keyUsages: readonly KeyUsage[];
}

/** A request that was found possible, before anything was made for it. */
export interface CertificationPlan {
  readonly request: CertificationRequest;
  /** Undefined for a root CA, which signs itself. */
  readonly issuer: Issuer | undefined;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly validity: Validity;
  /** Undefined: not limited. */
  readonly pathLength: number | undefined;
  readonly keyUsages: readonly KeyUsage[];
}

export interface CertifiedAuthority {
  readonly plan: CertificationPlan;
  /** DER Name. */
  readonly subjectDer: Uint8Array;
  readonly columns: Pick<
    CertificateAuthorityTable,
    | 'status'
    | 'issuer_id'
    | 'issuer_name'
    | 'signature_algorithm'
    | 'path_length'
    | 'key_usages'
    | 'serial_number'
    | 'not_before'
    | 'not_after'
    | 'certificate_der'
  > & { readonly serial_number: string };
}

type PlanPorts = Pick<PrivateCaPorts, 'clock'> & { readonly issuers: Issuers };

/**
 * All that can be refused, before a key is generated. Throws PCA.00020102, PCA.00020103, PCA.00020109, PCA.00020201, PCA.00020203 and what
 * loading the issuer throws.
 */
export async function planCertification(
  { clock, issuers }: PlanPorts,
  accountId: string,
  request: CertificationRequest,
  permit: IssuerPermit,
): Promise<CertificationPlan> {
  if (request.type === 'ROOT') {
    return {
      request,
      issuer: undefined,
      signatureAlgorithm: requireSignatureAlgorithm(request.keyAlgorithm, request.signatureAlgorithm),
      validity: requestedValidity(request.validity, clock.nowMs(), rootCaYears),
      // Levels are limited by subordinate CAs (reference 4.2.1.2); a path_length that is sent is ignored.
      pathLength: undefined,
      keyUsages: defaultCaKeyUsages,
    };
  }
  const wanted = requestedValidity(request.validity, clock.nowMs(), issuedYears);
  if (request.issuerId === undefined) {
    throw pcaError('PCA.00020201', 'issuer_id is mandatory to activate a subordinate CA.');
  }
  const issuer = await issuers.load(accountId, request.issuerId, permit);
  requireSameFamily(request.keyAlgorithm, issuer.keyAlgorithm);
  return {
    request,
    issuer,
    signatureAlgorithm: requireSignatureAlgorithm(issuer.keyAlgorithm, request.signatureAlgorithm),
    validity: withinIssuer(wanted, issuer.validity),
    pathLength: requirePathLength(issuer, request.pathLength ?? 0),
    keyUsages: request.keyUsages,
  };
}

/** Signs the certificate: with the issuer's key, or, of a root CA, with the new key itself. `further`: what only some CAs have. */
export async function certifyAuthority(
  { clock, random }: Pick<PrivateCaPorts, 'clock' | 'random'>,
  plan: CertificationPlan,
  subject: DistinguishedNameColumns,
  key: Signer,
  further: readonly Extension[] = [],
): Promise<CertifiedAuthority> {
  const { issuer, keyUsages, pathLength, signatureAlgorithm, validity } = plan;
  const subjectDer = encodeName(toEncodedName(subject));
  const keyIdentifier = keyIdentifierOf(key.publicKeySpki);
  const serialNumber = newSerialNumber(random, clock.nowMs());
  const tbs = {
    serialNumber,
    subject: subjectDer,
    notBeforeMs: validity.notBefore,
    notAfterMs: validity.notAfter,
    subjectPublicKeySpki: key.publicKeySpki,
    // In the order of the reference's CA certificates (4.2.1.10); keyUsage is critical (RFC 5280 §4.2.1.3).
    extensions: [
      authorityKeyIdentifierExtension(issuer?.keyIdentifier ?? keyIdentifier),
      subjectKeyIdentifierExtension(keyIdentifier),
      basicConstraintsExtension(true, pathLength),
      keyUsageExtension(keyUsages),
      // A root CA's own status is nobody's to tell.
      ...(issuer?.addressExtensions ?? []),
      ...further,
    ],
    signatureAlgorithm,
  };
  const certificateDer = issuer
    ? await issueUnder(issuer, 'authority', tbs)
    : await issueCertificate({ ...tbs, issuer: subjectDer, signer: key });
  return {
    plan,
    subjectDer,
    columns: {
      status: 'ACTIVED',
      issuer_id: issuer?.ca.ca_id ?? null,
      issuer_name: issuer?.ca.common_name ?? null,
      signature_algorithm: plan.request.signatureAlgorithm,
      path_length: pathLength ?? null,
      key_usages: JSON.stringify(keyUsages),
      serial_number: serialNumber.toString(),
      not_before: validity.notBefore,
      not_after: validity.notAfter,
      certificate_der: certificateDer,
    },
  };
}

/** Records the serial number with its issuer, which must still be allowed to issue. A root CA's own is its first. */
export async function recordCertification(
  issuers: Issuers,
  transaction: Transaction,
  caId: string,
  { plan, columns, subjectDer }: CertifiedAuthority,
): Promise<void> {
  if (plan.issuer !== undefined) await issuers.requireStillIssuing(transaction, plan.issuer);
  await insertIssuedSerials(transaction, [
    {
      issuer_id: columns.issuer_id ?? caId,
      serial_number: columns.serial_number,
      subject_id: caId,
      kind: 'ca',
      consumer_id: null,
      subject_names: storedNames(subjectDer, []),
      not_before: columns.not_before,
      not_after: columns.not_after,
      revoked_at: null,
      revocation_reason: null,
    },
  ]);
}
