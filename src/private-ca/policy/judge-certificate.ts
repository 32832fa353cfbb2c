import {
  attributeValues,
  type Certificate,
  constrainedNames,
  formatIpAddress,
  type GeneralName,
  type NameConstraints,
  namesSatisfy,
  newComparisonBudget,
  oids,
  parseIpAddress,
  parsePublicKey,
} from '../../pki/index.ts';
import { type PurposeFlag, purposeOfFlag } from '../certificates/extended-key-usage.ts';
import { addPeriod, type ValidityRequest } from '../validity.ts';
import { allowedNamesProblem, hostInCommonName, wordsFor } from './allowed-names.ts';
import { constraintsOf, type IssuancePolicy } from './issuance-policy.ts';

/** Purpose of the certificate, and the place of its key. */
export type CertifiedKind = 'entity' | 'authority' | 'authority kept elsewhere';

/** What breaks a rule, in words that follow the rule's name. */
export interface Breach {
  readonly rule: keyof IssuancePolicy | 'name constraints of the CA certificate or one above it';
  readonly problem: string;
}

/** The names that clients may take the certificate to stand for. */
function namesOf(certificate: Certificate): GeneralName[] {
  const names = constrainedNames(certificate);
  const commonNames = attributeValues(certificate.subject, oids.commonName);
  names.push(...commonNames.flatMap((commonName) => hostInCommonName(commonName) ?? []));
  return [...names, ...names.flatMap(mappedAddress)];
}

/** RFC 4291 §2.5.5.2: an IPv4 address written as IPv6. It has to be permitted as either. */
function mappedAddress(name: GeneralName): GeneralName[] {
  if (name.type !== 'IP') return [];
  const octets = parseIpAddress(name.value);
  const isMapped = octets.length === 16 && formatIpAddress(octets).startsWith('::ffff:');
  return isMapped ? [{ type: 'IP', value: formatIpAddress(octets.subarray(12)) }] : [];
}

/** The first name that does not keep to the constraints. */
function offending(names: readonly GeneralName[], constraints: NameConstraints): GeneralName | undefined {
  const budget = newComparisonBudget();
  return names.find((name) => !namesSatisfy([name], constraints, budget));
}

function validityProblem(
  { notBeforeMs, notAfterMs }: Certificate,
  longest: Pick<ValidityRequest, 'type' | 'value'>,
): string | undefined {
  return notAfterMs <= addPeriod(notBeforeMs, longest)
    ? undefined
    : `the validity is longer than ${longest.value} ${longest.type}`;
}

function purposesProblem({ known }: Certificate, allowed: readonly PurposeFlag[]): string | undefined {
  const used = known.extendedKeyUsage ?? [];
  if (used.length === 0) return 'the certificate has to name its purposes; without any it is good for all';
  const permitted: readonly string[] = allowed.map((flag) => purposeOfFlag[flag]);
  const other = used.find((purpose) => !permitted.includes(purpose));
  return other && `the purpose ${other} is not listed`;
}

function subordinateProblem(
  { known }: Certificate,
  kind: CertifiedKind,
  { allowed = 'ALL', max_path_length: longest }: NonNullable<IssuancePolicy['subordinate_authorities']>,
  levelsBelow: number,
): string | undefined {
  if (kind === 'entity') return undefined;
  if (allowed === 'NONE') return 'no CA is allowed';
  if (allowed === 'KEPT_HERE' && kind === 'authority kept elsewhere')
    return 'no CA whose key is kept elsewhere is allowed';
  const pathLength = known.basicConstraints?.pathLength ?? Number.POSITIVE_INFINITY;
  if (longest === undefined || pathLength <= longest - levelsBelow) return undefined;
  return `a path length of ${pathLength} is more than max_path_length leaves, ${longest - levelsBelow}`;
}

/**
 * The first rule about names, purposes or CAs that the certificate breaks: those of a policy that bind whatever is issued below its
 * CA. `levelsBelow`: how many CAs the issuer stands below that one.
 */
export function findInheritedBreach(
  certificate: Certificate,
  kind: CertifiedKind,
  policy: IssuancePolicy,
  levelsBelow: number,
): Breach | undefined {
  const constraints = constraintsOf(policy);
  const name = constraints && offending(namesOf(certificate), constraints);
  if (name) return { rule: 'name_constraints', problem: `${wordsFor(name)} is not permitted` };
  const { allowed_names: allowed, extended_key_usages: purposes, subordinate_authorities: below } = policy;
  const unlisted = allowed && allowedNamesProblem(certificate, allowed, kind !== 'entity');
  if (unlisted) return { rule: 'allowed_names', problem: unlisted };
  const subordinate = below && subordinateProblem(certificate, kind, below, levelsBelow);
  if (subordinate) return { rule: 'subordinate_authorities', problem: subordinate };
  const purpose = kind !== 'authority' && purposes && purposesProblem(certificate, purposes);
  return purpose ? { rule: 'extended_key_usages', problem: purpose } : undefined;
}

/** The first of the issuing CA's own rules, or of the constraints in certificates above, that the certificate breaks. */
export function findBreach(
  certificate: Certificate,
  kind: CertifiedKind,
  policy: IssuancePolicy,
  inherited: readonly NameConstraints[],
): Breach | undefined {
  const names = namesOf(certificate);
  for (const constraints of inherited) {
    const name = offending(names, constraints);
    if (name)
      return {
        rule: 'name constraints of the CA certificate or one above it',
        problem: `${wordsFor(name)} is not permitted`,
      };
  }
  const { algorithm, bits } = parsePublicKey(certificate.spki);
  const key = algorithm ?? `RSA${bits}`;
  if (policy.key_algorithms && !policy.key_algorithms.some((each) => each === key))
    return { rule: 'key_algorithms', problem: `a key of ${key} is not listed` };
  const longestRule = kind === 'entity' ? 'max_validity' : 'max_subordinate_validity';
  const longest = policy[longestRule];
  const tooLong = longest && validityProblem(certificate, longest);
  if (tooLong) return { rule: longestRule, problem: tooLong };
  return findInheritedBreach(certificate, kind, policy, 0);
}
