import type { Actor } from '../../iam/actor.ts';
import { encodeName, type SignatureAlgorithm, signatureAlgorithmFor } from '../../pki/index.ts';
import { certifiedNames } from '../certified-names.ts';
import { toColumns, toEncodedName } from '../distinguished-name.ts';
import {
  defaultEnterpriseProjectId,
  namedEnterpriseProject,
  requireEnterpriseProject,
} from '../enterprise-project.ts';
import { type Issuer, issuerPermit } from '../issuer.ts';
import { accessRequest, caTarget } from '../permissions.ts';
import {
  isMlDsa,
  type RequestSignatureAlgorithm,
  requireSameFamily,
  requireSignatureAlgorithm,
} from '../signature-algorithm.ts';
import { issuedYears, requestedValidity, withinIssuer } from '../validity.ts';
import { isAlternativeName } from './alternative-name.ts';
import { inheritedSubject, requestedExtensions } from './application.ts';
import type { CreateCertificateBody } from './certificate-schemas.ts';
import { defaultKeyUsages } from './end-entity-usage.ts';
import { issueEncryptionCertificate, issueEntityCertificate } from './issue-entity-certificate.ts';
import { keyOwner } from './key-owner.ts';
import { type IssuingPorts, recordCertificate } from './record-certificate.ts';

/**
 * Issues a certificate for a key generated here, for SM2 a pair of them. Returns the certificate_id. Throws AccessDenied, the codes
 * of the fields, PCA.00030103, PCA.00030201 and PCA.00030202 of the issuer, and PCA.00030001.
 */
export async function createCertificate(
  ports: IssuingPorts,
  actor: Actor,
  body: CreateCertificateBody,
): Promise<string> {
  const { accountId } = actor;
  const enterpriseProjectId =
    namedEnterpriseProject(body.enterprise_project_id) ?? defaultEnterpriseProjectId;
  const ownerId = await ports.issuers.ownerOf(accountId, body.issuer_id);
  const target = {
    ...caTarget(accountId, body.issuer_id.toLowerCase(), ownerId),
    ...certifiedNames(
      toEncodedName(toColumns(body.distinguished_name)),
      (body.subject_alternative_names ?? []).filter(isAlternativeName),
    ),
  };
  const ask = (project: string) =>
    ports.identity.authorize(
      actor,
      accessRequest('issueCertificate', { ...target, enterpriseProjectId: project }),
    );
  await ask(enterpriseProjectId);
  const requested = requestedExtensions(body);
  const period = requestedValidity(body.validity, ports.clock.nowMs(), issuedYears);
  await requireEnterpriseProject(ports.identity, accountId, enterpriseProjectId);
  const permit = issuerPermit(enterpriseProjectId, ask);
  const issuer = await ports.issuers.load(accountId, body.issuer_id, permit, ownerId);
  const keyAlgorithm = body.key_algorithm ?? issuer.keyAlgorithm;
  requireSameFamily(keyAlgorithm, issuer.keyAlgorithm);
  const signatureAlgorithm = chosenSignatureAlgorithm(body.signature_algorithm, issuer);
  const subject = toColumns(inheritedSubject(body.distinguished_name, issuer.ca));
  // Before the key is generated: that costs far more than everything else here.
  const validity = withinIssuer(period, issuer.validity);
  const key = await ports.keyStore.generate(keyOwner(accountId), keyAlgorithm);
  const entity = {
    issuer,
    signatureAlgorithm,
    subjectDer: encodeName(toEncodedName(subject)),
    subjectIsEmpty: false,
    spki: key.publicKeySpki,
    validity,
    contents: { ...requested, keyUsages: requested.keyUsages ?? defaultKeyUsages(keyAlgorithm) },
  };
  const issued = await issueEntityCertificate(ports, entity);
  const encryption =
    keyAlgorithm === 'SM2'
      ? await issueEncryptionCertificate(
          ports,
          entity,
          await ports.keyStore.generate(keyOwner(accountId), 'SM2'),
        )
      : undefined;
  return recordCertificate(ports, actor, {
    permission: 'issueCertificate',
    entity,
    issued,
    encryption,
    key,
    keyAlgorithm,
    subject,
    enterpriseProjectId,
  });
}

/** Default: the hash of the CA (reference 4.2.2.2). An imported CA may have been signed in another family than its own key's. */
function chosenSignatureAlgorithm(
  asked: RequestSignatureAlgorithm | undefined,
  { ca, keyAlgorithm }: Issuer,
): SignatureAlgorithm {
  if (asked !== undefined) return requireSignatureAlgorithm(keyAlgorithm, asked);
  if (keyAlgorithm === 'SM2' || isMlDsa(keyAlgorithm)) return signatureAlgorithmFor(keyAlgorithm);
  return signatureAlgorithmFor(
    keyAlgorithm,
    hashes.find((each) => each === ca.signature_algorithm) ?? 'SHA256',
  );
}

const hashes = ['SHA256', 'SHA384', 'SHA512'] as const;
