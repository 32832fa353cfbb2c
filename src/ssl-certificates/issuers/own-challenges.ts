import { isIP } from 'node:net';
import type { Random } from '../../platform/random.ts';
import type { CertificateApplication, Challenge, ValidationMethod } from './issuer.ts';

/** What issuers here, which no CA outside tells what to ask for, ask of an applicant. */
export const ownMethods: readonly ValidationMethod[] = ['DNS', 'FILE', 'EMAIL'];

const octets = 32;

/** Lower-case letters and digits, as the reference's example has them: they survive every form that a person pastes them into. */
function newValue(random: Random): string {
  const number = BigInt(`0x${Buffer.from(random.bytes(octets)).toString('hex')}`);
  // 36^50 is the first power above 256 bits.
  return number.toString(36).padStart(50, '0');
}

/** One challenge for each name, or why the method cannot show that a name is held. */
export function ownChallenges(
  { random, mailbox }: { readonly random: Random; readonly mailbox: string },
  { method, names }: Pick<CertificateApplication, 'method' | 'names'>,
): readonly Challenge[] | { readonly kind: 'refused'; readonly reason: string } {
  const problem = names.map((name) => methodProblem(method, name)).find((each) => each !== undefined);
  if (problem !== undefined) return { kind: 'refused', reason: problem };
  return names.map((domain) => challengeOf(method, domain, { random, mailbox }));
}

function methodProblem(method: ValidationMethod, name: string): string | undefined {
  if (method === 'FILE') {
    // CA/Browser Forum, Baseline Requirements §3.2.2.4.18: a file shows one host, not the names below it.
    return name.startsWith('*.')
      ? `The wildcard name ${name} cannot be verified by a file; use DNS.`
      : undefined;
  }
  return isIP(name) === 0
    ? undefined
    : `The IP address ${name} can be verified by a file only; use the method FILE.`;
}

function challengeOf(
  method: ValidationMethod,
  domain: string,
  { random, mailbox }: { readonly random: Random; readonly mailbox: string },
): Challenge {
  const base = domain.replace(/^\*\./, '');
  switch (method) {
    case 'DNS': {
      const recordValue = newValue(random);
      return { domain, method, recordName: `_dnsauth.${base}`, recordType: 'TXT', recordValue };
    }
    case 'FILE': {
      const recordName = '/.well-known/pki-validation/fileauth.txt';
      return { domain, method, recordName, recordType: 'FILE', recordValue: newValue(random) };
    }
    case 'EMAIL':
      return { domain, method, recordName: `${mailbox}@${base}`, recordType: 'EMAIL', recordValue: '' };
  }
}
