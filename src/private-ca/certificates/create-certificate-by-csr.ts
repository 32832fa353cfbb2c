import type { Actor } from '../../iam/actor.ts';
import { certifiedNames } from '../certified-names.ts';
import {
  defaultEnterpriseProjectId,
  namedEnterpriseProject,
  requireEnterpriseProject,
} from '../enterprise-project.ts';
import { issuerPermit } from '../issuer.ts';
import { accessRequest, caTarget } from '../permissions.ts';
import { issuedYears, requestedValidity, withinIssuer } from '../validity.ts';
import type { CreateCertificateByCsrBody } from './certificate-schemas.ts';
import {
  type AcceptedRequest,
  readCertificationRequest,
  requirePossession,
} from './certification-request.ts';
import { issueFromRequest } from './issue-from-request.ts';
import { issueSubordinate } from './issue-subordinate.ts';
import type { IssuingPorts } from './record-certificate.ts';

/**
 * Issues a private certificate, or a subordinate CA, for a key that its applicant keeps. Returns the certificate_id, or the
 * ca_id. Throws AccessDenied, PCA.00020401, the codes of the other fields and of the issuer, and PCA.00030001.
 */
export async function createCertificateByCsr(
  ports: IssuingPorts,
  actor: Actor,
  body: CreateCertificateByCsrBody,
): Promise<string> {
  const csr = readCertificationRequest(body.csr);
  const enterpriseProjectId =
    namedEnterpriseProject(body.enterprise_project_id) ?? defaultEnterpriseProjectId;
  const isAuthority = body.type === 'INTERMEDIATE_CA';
  const { accountId } = actor;
  // A shared CA issues no CAs.
  const ownerId = isAuthority ? accountId : await ports.issuers.ownerOf(accountId, body.issuer_id);
  const target = {
    ...caTarget(accountId, body.issuer_id.toLowerCase(), ownerId),
    ...certifiedNames(csr.subject, csr.known.subjectAlternativeNames ?? []),
  };
  const ask = async (project: string) => {
    const asked = { ...target, enterpriseProjectId: project };
    await ports.identity.authorize(actor, accessRequest('issueCertificateByCsr', asked));
    if (isAuthority) await ports.identity.authorize(actor, accessRequest('issueAuthorityByCsr', asked));
  };
  await ask(enterpriseProjectId);
  const period = requestedValidity(body.validity, ports.clock.nowMs(), issuedYears);
  await requireEnterpriseProject(ports.identity, accountId, enterpriseProjectId);
  // The signature is verified on the thread pool while the issuer is read.
  const [issuer] = await Promise.all([
    ports.issuers.load(accountId, body.issuer_id, issuerPermit(enterpriseProjectId, ask), ownerId),
    requirePossession(csr),
  ]);
  const validity = withinIssuer(period, issuer.validity);
  const accepted: AcceptedRequest = { csr, issuer, validity, enterpriseProjectId };
  return isAuthority
    ? issueSubordinate(ports, actor, accepted, body.path_length ?? 0)
    : issueFromRequest(ports, actor, accepted);
}
