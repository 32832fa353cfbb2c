import {
  issueCertificate,
  nameConstraintsExtension,
  parseCertificate,
  type TbsCertificate,
} from '../../pki/index.ts';
import { pcaError } from '../errors.ts';
import type { Issuer } from '../issuer.ts';
import { constraintsOf, parsePolicy } from './issuance-policy.ts';
import { findBreach } from './judge-certificate.ts';

/**
 * The one place where a CA signs a certificate for another subject. Judges what was signed, so no way in can differ from what is
 * issued; it must not leave the process before it is recorded. Throws PCA.00020001, naming the rule.
 */
export async function issueUnder(
  issuer: Issuer,
  kind: 'entity' | 'authority',
  tbs: Omit<TbsCertificate, 'issuer'>,
): Promise<Uint8Array> {
  const policy = parsePolicy(issuer.ca.issuance_policy);
  const constraints = kind === 'authority' ? constraintsOf(policy) : undefined;
  const der = await issueCertificate({
    ...tbs,
    issuer: issuer.nameDer,
    extensions: constraints ? [...tbs.extensions, nameConstraintsExtension(constraints)] : tbs.extensions,
    signer: issuer.signer,
  });
  if (policy === undefined && issuer.inheritedConstraints.length === 0) return der;
  const breach = findBreach(parseCertificate(der), policy ?? {}, issuer.inheritedConstraints);
  if (breach !== undefined) {
    const rule = breach.rule.includes(' ') ? breach.rule : `issuance_policy.${breach.rule}`;
    throw pcaError('PCA.00020001', `The issuing CA refuses by its ${rule}: ${breach.problem}.`);
  }
  return der;
}
