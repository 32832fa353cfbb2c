import {
  type AlternativeName,
  certificatePoliciesExtension,
  encodeName,
  type KeyKind,
  nameFromAttributes,
  oids,
  parseCertificate,
  parsePublicKey,
  type SubjectAttributes,
  signatureAlgorithmFor,
} from '../../pki/index.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { defaultKeyUsages, encryptionCertificateUsages } from '../certificates/end-entity-usage.ts';
import { entityExtensions } from '../certificates/entity-extensions.ts';
import type { IssuedCertificate } from '../certificates/issue-entity-certificate.ts';
import type { IssuingPorts } from '../certificates/record-certificate.ts';
import { storedNames } from '../certified-names.ts';
import { chainFrom } from '../chain.ts';
import { insertIssuedSerials } from '../issued-serial-store.ts';
import type { Issuer } from '../issuer.ts';
import type { KeyUsage } from '../key-usage.ts';
import { permissions } from '../permissions.ts';
import { issueUnder } from '../policy/issue-under.ts';
import { newSerialNumber } from '../serial-number.ts';
import { requireSameFamily } from '../signature-algorithm.ts';
import { type Validity, withinIssuer } from '../validity.ts';

const dayMs = 86_400_000;
/** Who issues on behalf of the capability that asks; stands in the audit trail of the CA's account. */
const work = 'ssl-certificates';

/** A certificate for a TLS server whose key and names were proven by who asks. */
export interface ServerCertificateRequest {
  /** Whose CA it is, or with whom it is shared. */
  readonly accountId: string;
  readonly caId: string;
  /** What the serial number is recorded for: an id of the asking capability. */
  readonly subjectId: string;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** SM2 only: the key of the encryption certificate that goes with it (GM/T 0015). */
  readonly encryptionSpki?: Uint8Array;
  readonly subject: SubjectAttributes;
  /** DNS and IP; at least one. */
  readonly names: readonly AlternativeName[];
  readonly validityDays: number;
  /** Dotted object identifiers of certificate policies. */
  readonly policies: readonly string[];
}

/** Which serial numbers of which CA a later revocation is about; what `revoke` is given. */
export interface IssuedServerCertificate {
  readonly certificateDer: Uint8Array;
  readonly encryptionCertificateDer: Uint8Array | undefined;
  /** From the issuer upwards, without the root. */
  readonly chainDer: readonly Uint8Array[];
  /** Of the CA that signed, whosever it is. */
  readonly issuerAccountId: string;
  readonly issuerId: string;
  /** Decimal text; both of an SM2 pair. */
  readonly serialNumbers: readonly string[];
  /** Nothing of this may leave the process before the transaction is committed that this was called in. Throws as `issue`. */
  record(transaction: Transaction): Promise<void>;
}

/**
 * Signs under the CA's issuance policy. The operator's configuration is the permission: no user's is asked. Throws PCA.00030103,
 * PCA.00030201, PCA.00030202 of the CA; PCA.00020001 for what its policy forbids, PCA.00020102 for an SM2 key under another CA.
 */
export async function issueServerCertificate(
  ports: IssuingPorts,
  request: ServerCertificateRequest,
): Promise<IssuedServerCertificate> {
  const { accountId, caId, encryptionSpki, spki } = request;
  const ownerId = await ports.issuers.ownerOf(accountId, caId);
  const issuer = await ports.issuers.load(accountId, caId, async () => {}, ownerId);
  const { kind } = parsePublicKey(spki);
  if (kind === 'SM2') requireSameFamily('SM2', issuer.keyAlgorithm);
  const notBefore = Math.floor(ports.clock.nowMs() / 1000) * 1000;
  // RFC 5280 §4.1.2.5: both ends belong to the validity, so the last second of the last day is its end.
  const notAfter = notBefore + request.validityDays * dayMs - 1000;
  const validity = withinIssuer({ notBefore, notAfter }, issuer.validity);
  const signature = await sign(ports, issuer, request, validity, { spki, usages: serverUsages(kind) });
  const issued = [signature];
  if (encryptionSpki !== undefined) {
    const key = { spki: encryptionSpki, usages: encryptionCertificateUsages };
    issued.push(await sign(ports, issuer, request, validity, key));
  }
  const chain = await chainFrom(ports.database, issuer.ca.account_id, issuer.ca.ca_id);
  return {
    certificateDer: signature.der,
    encryptionCertificateDer: issued[1]?.der,
    chainDer: chain.filter((der) => !isRoot(der)),
    issuerAccountId: issuer.ca.account_id,
    issuerId: issuer.ca.ca_id,
    serialNumbers: issued.map(({ serialNumber }) => serialNumber),
    record: (transaction) => record(ports, transaction, issuer, request, issued, validity),
  };
}

interface CertifiedKey {
  readonly spki: Uint8Array;
  readonly usages: readonly KeyUsage[];
}

async function sign(
  ports: IssuingPorts,
  issuer: Issuer,
  { names, policies, subject }: ServerCertificateRequest,
  validity: Validity,
  { spki, usages }: CertifiedKey,
): Promise<IssuedCertificate> {
  const name = nameFromAttributes(subject);
  const contents = {
    keyUsages: usages,
    alternativeNames: names,
    extendedKeyUsages: [oids.serverAuth, oids.clientAuth],
  };
  const serialNumber = newSerialNumber(ports.random, ports.clock.nowMs());
  const der = await issueUnder(issuer, 'entity', {
    serialNumber,
    subject: encodeName(name),
    notBeforeMs: validity.notBefore,
    notAfterMs: validity.notAfter,
    subjectPublicKeySpki: spki,
    extensions: [
      ...entityExtensions(issuer, { spki, isEmpty: name.length === 0 }, contents),
      ...(policies.length > 0
        ? [certificatePoliciesExtension(policies.map((oid) => ({ oid, cpsUris: [] })))]
        : []),
    ],
    signatureAlgorithm: signatureAlgorithmFor(issuer.keyAlgorithm),
  });
  return { serialNumber: serialNumber.toString(), der };
}

/** TLS 1.2 enciphers to RSA keys; agreeing on keys is what ephemeral keys are for, which EC and other keys sign. */
function serverUsages(kind: KeyKind): readonly KeyUsage[] {
  return kind === 'EC' || kind === 'ED25519' ? ['digitalSignature'] : defaultKeyUsages(kind);
}

function isRoot(certificateDer: Uint8Array): boolean {
  const { issuerDer, subjectDer } = parseCertificate(certificateDer);
  return Buffer.compare(issuerDer, subjectDer) === 0;
}

async function record(
  ports: IssuingPorts,
  transaction: Transaction,
  issuer: Issuer,
  { accountId, names, subject, subjectId }: ServerCertificateRequest,
  issued: readonly IssuedCertificate[],
  validity: Validity,
): Promise<void> {
  await ports.issuers.requireStillIssuing(transaction, issuer);
  const common = {
    issuer_id: issuer.ca.ca_id,
    subject_id: subjectId,
    consumer_id: accountId === issuer.ca.account_id ? null : accountId,
    subject_names: storedNames(encodeName(nameFromAttributes(subject)), names),
    not_before: validity.notBefore,
    not_after: validity.notAfter,
    revoked_at: null,
    revocation_reason: null,
  };
  await insertIssuedSerials(
    transaction,
    issued.map(({ serialNumber }, index) => ({
      ...common,
      serial_number: serialNumber,
      kind: index === 0 ? 'entity' : 'encryption',
    })),
  );
  const { identity } = ports;
  await identity.recordAudit(transaction, identity.systemActor(issuer.ca.account_id, work), {
    action: permissions.issueCertificateByCsr.action,
    resourceType: 'ca',
    resourceId: issuer.ca.ca_id,
    resourceName: issuer.ca.common_name,
    result: 'success',
    detail: `serial number ${issued[0]!.serialNumber}, issued for ${subjectId} of account ${accountId}`,
  });
}
