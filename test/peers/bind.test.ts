import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { FixedClock, systemClock } from '../../src/platform/clock.ts';
import { createOutbound } from '../../src/platform/outbound/index.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { Challenge } from '../../src/ssl-certificates/issuers/issuer.ts';
import { createValidators } from '../../src/ssl-certificates/validators/create-validators.ts';
import { type NameServer, startNameServer, type TsigSecret } from './support/name-server.ts';

const zone = 'example.test';
const keys: readonly TsigSecret[] = [
  { name: 'ccm-256.example.test', algorithm: 'hmac-sha256', secret: randomBytes(32).toString('base64') },
  { name: 'ccm-512', algorithm: 'hmac-sha512', secret: randomBytes(64).toString('base64') },
];
const [key, longKey] = keys as readonly [TsigSecret, TsigSecret];

function challenge(name: string, value: string): Challenge {
  return {
    domain: zone,
    method: 'DNS',
    recordName: `${name}.${zone}`,
    recordType: 'TXT',
    recordValue: value,
  };
}

describe('records in a zone of BIND', () => {
  let bind: NameServer;
  before(async () => {
    bind = await startNameServer(zone, keys, [
      'alias 60 IN CNAME target',
      'target 60 IN TXT "at the" " target"',
      'host 60 IN A 192.0.2.1',
    ]);
  });
  after(() => bind.stop());

  const validators = (tsig: TsigSecret = key, clock = systemClock, zones = [zone]) =>
    createValidators(
      {
        outbound: createOutbound({ allow: [] }),
        clock,
        random: systemRandom,
        mailer: undefined,
        publicUrl: 'https://ccm.test',
      },
      {
        resolvers: [bind.address],
        auto_dns: [{ kind: 'rfc2136', zones, server: bind.address, tsig }],
      },
    );

  for (const tsig of keys)
    it(`are written, seen and removed with ${tsig.algorithm}, each as often as one likes`, async () => {
      const ours = validators(tsig);
      const first = challenge(`_dnsauth.${tsig.name.slice(0, 7)}`, 'first-value');
      const second = { ...first, recordValue: 'second value' };
      assert.deepEqual(await ours.check(first), {
        kind: 'absent',
        reason: `There is no TXT record at ${first.recordName} with the value that is asked for.`,
      });
      for (let round = 0; round < 2; round++) await ours.publish(first);
      await ours.publish(second);
      assert.deepEqual(await bind.dig(first.recordName, 'TXT'), ['"first-value"', '"second value"']);
      for (const each of [first, second]) assert.deepEqual(await ours.check(each), { kind: 'found' });
      for (let round = 0; round < 2; round++) await ours.withdraw(first);
      assert.deepEqual(await bind.dig(first.recordName, 'TXT'), ['"second value"']);
      assert.equal((await ours.check(first)).kind, 'absent');
      await ours.withdraw(second);
      assert.deepEqual(await bind.dig(first.recordName, 'TXT'), []);
    });

  it('may be longer than one string', async () => {
    const long = challenge('_dnsauth.long', 'x'.repeat(300));
    await validators().publish(long);
    assert.deepEqual(await validators().check(long), { kind: 'found' });
    await validators().withdraw(long);
  });

  it('are found at the end of a CNAME and as what their strings make together', async () => {
    assert.deepEqual(await validators().check(challenge('alias', 'at the target')), { kind: 'found' });
    assert.equal((await validators().check(challenge('host', 'x'))).kind, 'absent');
    const elsewhere = { ...challenge('x', 'x'), recordName: 'x.elsewhere.test' };
    assert.equal((await validators().check(elsewhere)).kind, 'unreachable');
  });

  it('are not written where BIND does not want it, and the reason is told', async () => {
    const wanted = challenge('_dnsauth.refused', 'v');
    const other = { ...key, secret: longKey.secret };
    await assert.rejects(validators(other).publish(wanted), /refuses the key .*BADSIG/);
    await assert.rejects(validators({ ...key, name: 'nobody' }).publish(wanted), /refuses the key .*BADKEY/);
    const late = new FixedClock(systemClock.nowMs() - 3_600_000);
    await assert.rejects(validators(key, late).publish(wanted), /BADTIME/);
    await assert.rejects(validators(key, systemClock, ['test']).publish(wanted), /NOTAUTH/);
    await assert.rejects(validators().publish(challenge('alias', 'v')), /YXRRSET/);
    assert.deepEqual(await bind.dig(wanted.recordName, 'TXT'), []);
  });
});
