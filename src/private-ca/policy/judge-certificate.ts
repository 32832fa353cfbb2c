import {
  type AlternativeName,
  type Certificate,
  constrainedNames,
  findAttribute,
  type GeneralName,
  type NameConstraints,
  namesSatisfy,
  newComparisonBudget,
  oids,
  parsePublicKey,
} from '../../pki/index.ts';
import { type PurposeFlag, purposeOfFlag } from '../certificates/extended-key-usage.ts';
import { addPeriod, type ValidityRequest } from '../validity.ts';
import { constraintsOf, type IssuancePolicy } from './issuance-policy.ts';

/** What breaks a rule, in words that follow the rule's name. */
export interface Breach {
  readonly rule: keyof IssuancePolicy | 'name constraints of the CA certificate or one above it';
  readonly problem: string;
}

const hostName = /^(?:\*\.)?(?:[a-z0-9_-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/i;

/** The names that clients may take the certificate to stand for. */
function namesOf(certificate: Certificate, isAuthority: boolean): GeneralName[] {
  const names = constrainedNames(certificate);
  if (isAuthority) return names;
  const commonName = findAttribute(certificate.subject, oids.commonName);
  const isHost = commonName !== undefined && hostName.test(commonName);
  // Software that finds no DNS name takes the common name for one.
  if (isHost && !names.some(({ type }) => type === 'DNS')) names.push({ type: 'DNS', value: commonName });
  return names;
}

function wordsFor(name: GeneralName): string {
  return 'value' in name ? `${name.type} ${name.value}` : name.type;
}

/** The first name that does not keep to the constraints. */
function offending(names: readonly GeneralName[], constraints: NameConstraints): GeneralName | undefined {
  const budget = newComparisonBudget();
  return names.find((name) => !namesSatisfy([name], constraints, budget));
}

/** Whether the text fits the pattern: its parts between the asterisks stand in it one after the other. */
export function fitsPattern(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.toLowerCase().split('*');
  const whole = text.toLowerCase();
  const last = rest.pop();
  if (last === undefined) return whole === first;
  if (whole.length < first.length + last.length || !whole.startsWith(first) || !whole.endsWith(last))
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = whole.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= whole.length - last.length;
}

function allowedNamesProblem(
  certificate: Certificate,
  allowed: NonNullable<IssuancePolicy['allowed_names']>,
): string | undefined {
  const commonName = findAttribute(certificate.subject, oids.commonName);
  const fitsNone = (text: string, patterns: readonly string[]) =>
    !patterns.some((pattern) => fitsPattern(text, pattern));
  if (allowed.common_name !== undefined && fitsNone(commonName ?? '', allowed.common_name))
    return `the common name ${commonName ?? ''} fits none of common_name`;
  for (const name of certificate.known.subjectAlternativeNames ?? []) {
    if (!('value' in name)) return `an alternative name of type ${name.type} is not listed`;
    const isAllowed = isNameAllowed(name, allowed);
    if (!isAllowed) return `${wordsFor(name)} is not listed`;
  }
  return undefined;
}

function isNameAllowed(
  name: AlternativeName,
  allowed: NonNullable<IssuancePolicy['allowed_names']>,
): boolean {
  const among = (patterns: readonly string[] = []) =>
    patterns.some((pattern) => fitsPattern(name.value, pattern));
  switch (name.type) {
    case 'DNS':
      return among(allowed.dns);
    case 'EMAIL':
      return among(allowed.email);
    case 'URI':
      return among(allowed.uri);
    case 'UPN':
      return among(allowed.upn);
    case 'IP': {
      const permitted = (allowed.ip ?? []).map((value) => ({ type: 'IP', value }) as const);
      return permitted.length > 0 && offending([name], { permitted, excluded: [] }) === undefined;
    }
  }
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

/** The first rule that the certificate breaks; undefined if it keeps to all. */
export function findBreach(
  certificate: Certificate,
  policy: IssuancePolicy,
  inherited: readonly NameConstraints[],
): Breach | undefined {
  const isAuthority = certificate.known.basicConstraints?.ca === true;
  const names = namesOf(certificate, isAuthority);
  for (const constraints of inherited) {
    const name = offending(names, constraints);
    if (name)
      return {
        rule: 'name constraints of the CA certificate or one above it',
        problem: `${wordsFor(name)} is not permitted`,
      };
  }
  const constraints = constraintsOf(policy);
  const name = constraints && offending(names, constraints);
  if (name) return { rule: 'name_constraints', problem: `${wordsFor(name)} is not permitted` };
  const { algorithm, bits } = parsePublicKey(certificate.spki);
  const key = algorithm ?? `RSA${bits}`;
  if (policy.key_algorithms && !policy.key_algorithms.some((each) => each === key))
    return { rule: 'key_algorithms', problem: `a key of ${key} is not listed` };
  const longestRule = isAuthority ? 'max_subordinate_validity' : 'max_validity';
  const longest = policy[longestRule];
  const tooLong = longest && validityProblem(certificate, longest);
  if (tooLong) return { rule: longestRule, problem: tooLong };
  if (isAuthority) return undefined;
  const unlisted = policy.allowed_names && allowedNamesProblem(certificate, policy.allowed_names);
  if (unlisted) return { rule: 'allowed_names', problem: unlisted };
  const purpose = policy.extended_key_usages && purposesProblem(certificate, policy.extended_key_usages);
  return purpose === undefined ? undefined : { rule: 'extended_key_usages', problem: purpose };
}
