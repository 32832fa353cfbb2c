import type { Authorization, Client } from 'acme-client';
import type { Challenge, ValidationMethod } from '../issuer.ts';
import { problemText } from './acme-transport.ts';

type AcmeChallenge = Authorization['challenges'][number];

/** RFC 8555 §8.3 and §8.4. */
const challengeTypes: Readonly<Partial<Record<ValidationMethod, AcmeChallenge['type']>>> = {
  DNS: 'dns-01',
  FILE: 'http-01',
};

/** The name as it was applied for. */
export function nameOf({ identifier, wildcard }: Authorization): string {
  return wildcard === true ? `*.${identifier.value}` : identifier.value;
}

export function acmeChallengeOf(
  { challenges }: Authorization,
  method: ValidationMethod,
): AcmeChallenge | undefined {
  return challenges.find(({ type }) => type === challengeTypes[method]);
}

/** As the applicant is to meet it; undefined if the server does not offer the method for this name. */
export async function challengeFor(
  client: Client,
  authorization: Authorization,
  method: ValidationMethod,
): Promise<Challenge | undefined> {
  const challenge = acmeChallengeOf(authorization, method);
  if (challenge === undefined) return undefined;
  const recordValue = await client.getChallengeKeyAuthorization(challenge);
  const common = { domain: nameOf(authorization), method, recordValue };
  return challenge.type === 'dns-01'
    ? { ...common, recordName: `_acme-challenge.${authorization.identifier.value}`, recordType: 'TXT' }
    : { ...common, recordName: `/.well-known/acme-challenge/${challenge.token}`, recordType: 'FILE' };
}

/** Why the server found a name not to be held. */
export function failureOf(authorization: Authorization): string {
  const failed = authorization.challenges.find(({ error }) => error !== undefined);
  const text = problemText(failed?.error ?? {}) || `the authorization is ${authorization.status}`;
  return `${nameOf(authorization)}: ${text}`;
}
