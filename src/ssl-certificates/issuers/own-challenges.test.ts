import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemRandom } from '../../platform/random.ts';
import type { Challenge } from './issuer.ts';
import { ownChallenges } from './own-challenges.ts';

const ports = { random: systemRandom, mailbox: 'postmaster' };

function challenges(application: Parameters<typeof ownChallenges>[1]): readonly Challenge[] {
  const made = ownChallenges(ports, application);
  return 'kind' in made ? assert.fail(made.reason) : made;
}

function refusal(application: Parameters<typeof ownChallenges>[1]): string {
  const made = ownChallenges(ports, application);
  return 'kind' in made ? made.reason : assert.fail('not refused');
}

describe('challenges of issuers here', () => {
  test('DNS: a TXT record for each name, of a wildcard name at its base, with values that nobody guesses', () => {
    const names = ['example.test', '*.example.test'];
    const made = challenges({ method: 'DNS', names });
    assert.deepEqual(
      made.map(({ domain, recordName, recordType }) => [domain, recordName, recordType]),
      [
        ['example.test', '_dnsauth.example.test', 'TXT'],
        ['*.example.test', '_dnsauth.example.test', 'TXT'],
      ],
    );
    const values = [...made, ...challenges({ method: 'DNS', names })].map(({ recordValue }) => recordValue);
    assert.equal(new Set(values).size, 4);
    for (const value of values) assert.match(value, /^[a-z0-9]{50}$/);
  });

  test('FILE: an IP address or a host, but no wildcard name', () => {
    const [made] = challenges({ method: 'FILE', names: ['192.0.2.1'] });
    assert.equal(made!.recordName, '/.well-known/pki-validation/fileauth.txt');
    assert.equal(made!.recordType, 'FILE');
    assert.match(made!.recordValue, /^[a-z0-9]{50}$/);
    assert.match(refusal({ method: 'FILE', names: ['a.test', '*.a.test'] }), /\*\.a\.test/);
  });

  test('EMAIL: to the mailbox of the configuration, without a value that would be shown', () => {
    const [made] = challenges({ method: 'EMAIL', names: ['*.example.test'] });
    assert.deepEqual(made, {
      domain: '*.example.test',
      method: 'EMAIL',
      recordName: 'postmaster@example.test',
      recordType: 'EMAIL',
      recordValue: '',
    });
  });

  test('IP addresses are verified by FILE only', () => {
    for (const method of ['DNS', 'EMAIL'] as const) {
      assert.match(refusal({ method, names: ['2001:db8::1'] }), /2001:db8::1 can be verified by a file only/);
    }
  });
});
