import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Value } from 'typebox/value';
import { FixedClock } from '../../platform/clock.ts';
import { createOutbound } from '../../platform/outbound/index.ts';
import { systemRandom } from '../../platform/random.ts';
import { StartRefused } from '../../platform/start-refused.ts';
import type { Challenge } from '../issuers/issuer.ts';
import type { Mailer } from '../mail/mailer.ts';
import { findZone } from './auto-dns/dns-provider.ts';
import { createValidators } from './create-validators.ts';
import { type ValidationConfiguration, validationConfiguration } from './validation-configuration.ts';

type Mail = Parameters<Mailer['send']>[0];

const tsig = { name: 'ccm', algorithm: 'hmac-sha256' as const, secret: Buffer.alloc(32).toString('base64') };
const rfc2136 = { kind: 'rfc2136' as const, zones: ['example.test'], server: '127.0.0.1:1', tsig };
const huawei = {
  kind: 'huawei-cloud-dns' as const,
  zones: ['Dev.Example.test.', 'other.test'],
  endpoint: 'https://dns.example.test',
  access_key: 'AK',
  secret_key: 'SK',
};
const emailChallenge: Challenge = {
  domain: 'www.example.test',
  method: 'EMAIL',
  recordName: 'admin@example.test',
  recordType: 'EMAIL',
  recordValue: '',
};

function create(configuration?: ValidationConfiguration, mailer?: Mailer) {
  const ports = {
    outbound: createOutbound({ allow: [] }),
    clock: new FixedClock(0),
    random: systemRandom,
    mailer,
    publicUrl: 'https://ccm.example.test:8443',
  };
  return createValidators(ports, configuration);
}

describe('validators', () => {
  it('take for proven what the operator declares, for the accounts that he names', () => {
    const { isPrevalidated } = create({
      prevalidated: [{ zones: ['corp.test', 'Labs.test.'] }, { zones: ['a.example'], accounts: ['tenant'] }],
    });
    for (const domain of ['corp.test', 'WWW.corp.test', '*.corp.test', 'x.labs.test'])
      assert.equal(isPrevalidated('anyone', domain), true, domain);
    for (const domain of ['mycorp.test', 'test', 'corp.test.com', '192.0.2.1', '', '*.test', 'a.example'])
      assert.equal(isPrevalidated('anyone', domain), false, domain);
    assert.equal(isPrevalidated('tenant', '*.a.example'), true);
    assert.equal(create().isPrevalidated('tenant', 'corp.test'), false);
  });

  it('write into the zones of the configuration and no other', async () => {
    const { canPublish, publish, withdraw } = create({ auto_dns: [rfc2136, huawei] });
    for (const domain of [
      'example.test',
      'WWW.example.test',
      '*.example.test',
      'dev.example.test',
      'a.other.test',
    ])
      assert.equal(canPublish('anyone', domain), true, domain);
    for (const domain of ['myexample.test', 'test', 'example.test.com', '192.0.2.1', '', '*.test'])
      assert.equal(canPublish('anyone', domain), false, domain);
    assert.equal(create().canPublish('anyone', 'example.test'), false);
    const elsewhere: Challenge = { ...emailChallenge, method: 'DNS', recordName: '_dnsauth.else.test' };
    await assert.rejects(
      publish(elsewhere),
      /no zone of the configuration has the name _dnsauth\.else\.test/,
    );
    await assert.rejects(withdraw(elsewhere), /no zone/);
  });

  it('write for the accounts that the operator names, since a record is the proof', () => {
    const own = { ...rfc2136, zones: ['shop.example.test'], accounts: ['tenant'] };
    const { canPublish } = create({ auto_dns: [rfc2136, own] });
    assert.equal(canPublish('tenant', '*.shop.example.test'), true);
    assert.equal(canPublish('stranger', '*.shop.example.test'), false);
    assert.equal(canPublish('stranger', 'www.example.test'), true);
  });

  it('prefer the longest zone', () => {
    const provider = { add: async () => {}, remove: async () => {} };
    const zones = ['example.test', 'a.b.example.test', 'b.example.test'].map((zone) => ({ zone, provider }));
    for (const [name, zone] of [
      ['_x.a.b.example.test', 'a.b.example.test'],
      ['_x.B.example.test.', 'b.example.test'],
      ['b.example.test', 'b.example.test'],
      ['xb.example.test', 'example.test'],
    ] as const)
      assert.equal(findZone(zones, name)?.zone, zone);
    assert.equal(findZone(zones, 'example.org'), undefined);
  });

  it('send the link to the mailbox', async () => {
    const sent: Mail[] = [];
    const mailer: Mailer = {
      async send(mail) {
        sent.push(mail);
      },
    };
    await create({}, mailer).mail(emailChallenge, 'a-token');
    const [mail] = sent;
    assert.equal(mail?.to, 'admin@example.test');
    assert.match(mail.subject, /www\.example\.test/);
    const link = 'https://ccm.example.test:8443/scm/domain-validations/a-token';
    assert.ok(mail.text.split('\r\n').includes(link));
  });

  it('say that no mail can be sent where there is no server, and wait for the link', async () => {
    await assert.rejects(create().mail(emailChallenge, 'a-token'), /no SMTP server is configured/);
    const verdict = await create().check(emailChallenge);
    assert.deepEqual(verdict, {
      kind: 'absent',
      reason: 'The link sent to admin@example.test was not used yet.',
    });
  });

  it('stop the start where a secret is none', () => {
    const broken = { ...huawei, secret_key: { file: '/nowhere/at/all' } };
    assert.throws(() => create({ auto_dns: [broken] }), StartRefused);
    assert.throws(() => create({ auto_dns: [{ ...rfc2136, tsig: { ...tsig, secret: '?' } }] }), StartRefused);
    assert.throws(() => create({ auto_dns: [{ ...rfc2136, zones: ['a b'] }] }), StartRefused);
  });
});

describe('the configuration of validation', () => {
  it('takes what the README shows', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n(.+?)```/s.exec(readme) ?? [];
    for (const value of [
      JSON.parse(example).validation,
      {},
      { resolvers: ['10.0.0.53', '10.0.0.53:5353', '[fd00::53]:53'], http_port: 8080, https_port: 8443 },
      {
        auto_dns: [
          rfc2136,
          huawei,
          { ...huawei, project_id: 'p', secret_key: { file: 'x' }, accounts: ['a'] },
        ],
      },
    ])
      assert.equal(Value.Check(validationConfiguration, value), true, JSON.stringify(value));
  });

  it('takes nothing else', () => {
    for (const value of [
      { resolvers: [] },
      { resolvers: ['dns.example.test'] },
      { resolvers: ['fd00::53'] },
      { http_port: 0 },
      { https_port: 65_536 },
      { resolver: ['10.0.0.53'] },
      { auto_dns: [{ ...rfc2136, kind: 'rfc2137' }] },
      { auto_dns: [{ ...rfc2136, zones: [] }] },
      { auto_dns: [{ ...rfc2136, tsig: { ...tsig, algorithm: 'hmac-md5' } }] },
      { auto_dns: [{ ...huawei, endpoint: 'https://dns.example.test/v2' }] },
      { auto_dns: [{ ...huawei, endpoint: 'https://user@dns.example.test' }] },
    ])
      assert.equal(Value.Check(validationConfiguration, value), false, JSON.stringify(value));
  });
});
