import {
  type Certificate,
  type Extension,
  extendedKeyUsageExtension,
  issueCertificate,
  nameConstraintsExtension,
  oids,
  parseCertificate,
  type TbsCertificate,
} from '../../pki/index.ts';
import { purposeOfFlag } from '../certificates/extended-key-usage.ts';
import { pcaError } from '../errors.ts';
import type { Issuer } from '../issuer.ts';
import { constraintsFromPolicies, InexpressibleRule } from './inherited-constraints.ts';
import { constraintsOf, type IssuancePolicy, parsePolicy } from './issuance-policy.ts';
import { type Breach, type CertifiedKind, findBreach, findInheritedBreach } from './judge-certificate.ts';

/** The policies that bind an issuer. */
interface BindingPolicies {
  readonly own: IssuancePolicy | undefined;
  /** Policies of the CAs above it, the nearest first. */
  readonly above: readonly (IssuancePolicy | undefined)[];
}

/**
 * The one place where a CA signs a certificate for another subject. Judges what was signed, so no way in can differ from what is
 * issued; it must not leave the process before it is recorded. Throws PCA.00020001, naming the rule.
 */
export async function issueUnder(
  issuer: Issuer,
  kind: CertifiedKind,
  tbs: Omit<TbsCertificate, 'issuer'>,
): Promise<Uint8Array> {
  const policies = {
    own: parsePolicy(issuer.ca.issuance_policy),
    above: issuer.policiesAbove.map(parsePolicy),
  };
  const der = await issueCertificate({
    ...tbs,
    issuer: issuer.nameDer,
    extensions: [...tbs.extensions, ...inheritedExtensions(kind, policies, tbs.extensions)],
    signer: issuer.signer,
  });
  const isFree = policies.own === undefined && policies.above.every((policy) => policy === undefined);
  if (!isFree || issuer.inheritedConstraints.length > 0)
    requireNoBreach(parseCertificate(der), kind, issuer, policies);
  return der;
}

/**
 * What a CA's certificate says so that the policies bind what it issues. A CA whose key is here is bound by this program too; one
 * that is kept elsewhere only by its certificate.
 */
function inheritedExtensions(
  kind: CertifiedKind,
  { own, above }: BindingPolicies,
  given: readonly Extension[],
): Extension[] {
  if (kind === 'entity') return [];
  if (kind === 'authority') {
    const constraints = constraintsOf(own);
    return constraints ? [nameConstraintsExtension(constraints)] : [];
  }
  const policies = [own, ...above].flatMap((policy) => policy ?? []);
  const constraints = expressedConstraints(policies);
  const lists = policies.flatMap(({ extended_key_usages: flags }) => (flags ? [flags] : []));
  const purposes = lists[0]?.filter((flag) => lists.every((list) => list.includes(flag)));
  const namesPurposes = given.some(({ oid }) => oid === oids.extendedKeyUsage);
  return [
    ...(constraints ? [nameConstraintsExtension(constraints)] : []),
    // Clients hold what a CA issues to the purposes of the CA's own certificate.
    ...(purposes?.length && !namesPurposes
      ? [
          extendedKeyUsageExtension(
            purposes.map((flag) => purposeOfFlag[flag]),
            false,
          ),
        ]
      : []),
  ];
}

function expressedConstraints(policies: readonly IssuancePolicy[]) {
  try {
    return constraintsFromPolicies(policies);
  } catch (error) {
    if (!(error instanceof InexpressibleRule)) throw error;
    throw pcaError(
      'PCA.00020001',
      `The issuing CA refuses by its issuance_policy.allowed_names or that of a CA above it: ${error.message}. Create the subordinate CA here instead.`,
      { cause: error },
    );
  }
}

function requireNoBreach(
  certificate: Certificate,
  kind: CertifiedKind,
  issuer: Issuer,
  { own, above }: BindingPolicies,
): void {
  const breach = findBreach(certificate, kind, own ?? {}, issuer.inheritedConstraints);
  if (breach) throw refusal('The issuing CA', breach);
  for (const [index, policy] of above.entries()) {
    const inherited = policy && findInheritedBreach(certificate, kind, policy, index + 1);
    if (inherited) throw refusal('A CA above the issuing one', inherited);
  }
}

function refusal(who: string, { rule, problem }: Breach) {
  const named = rule.includes(' ') ? rule : `issuance_policy.${rule}`;
  return pcaError('PCA.00020001', `${who} refuses by its ${named}: ${problem}.`);
}
