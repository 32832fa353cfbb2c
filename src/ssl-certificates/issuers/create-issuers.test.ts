import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Value } from 'typebox/value';
import { ServiceError } from '../../platform/errors.ts';
import { StartRefused } from '../../platform/start-refused.ts';
import { createIssuers, type IssuerPorts } from './create-issuers.ts';
import { type IssuerConfiguration, issuerConfiguration } from './issuer-configuration.ts';

// Nothing is asked before a certificate is applied for.
const ports = new Proxy({} as IssuerPorts, {});
const acme = {
  kind: 'acme',
  directory_url: 'https://ca.example.test/directory',
  terms_of_service_agreed: true,
} as const;
const privateCa = { kind: 'private-ca', ca_id: '11111111-2222-3333-4444-555555555555' } as const;

function refusedStart(configuration: IssuerConfiguration, message: RegExp): void {
  assert.throws(
    () => createIssuers(ports, configuration),
    (error) => error instanceof StartRefused && message.test(error.message),
  );
}

describe('issuers of the configuration', () => {
  test('without any the built-in one issues everything', () => {
    const issuers = createIssuers(ports);
    const { name, issuer } = issuers.chosen('CFCA', 'EV_SSL_CERT');
    assert.equal(name, 'built-in');
    assert.equal(issuers.named(name), issuer);
    assert.deepEqual(issuer.methods, ['DNS', 'FILE', 'EMAIL']);
  });

  test('the first rule that fits decides', () => {
    const issuers = createIssuers(ports, {
      definitions: { company: privateCa, public: acme },
      rules: [
        { brand: 'CFCA', type: 'DV_SSL_CERT', issuer: 'built-in' },
        { brand: 'CFCA', issuer: 'company' },
        { type: 'DV_SSL_CERT', issuer: 'public' },
      ],
    });
    const chosen = (brand: string, type: string) => issuers.chosen(brand, type).name;
    assert.equal(chosen('CFCA', 'DV_SSL_CERT'), 'built-in');
    assert.equal(chosen('CFCA', 'OV_SSL_CERT'), 'company');
    assert.equal(chosen('VTRUS', 'DV_SSL_CERT'), 'public');
    assert.equal(chosen('VTRUS', 'OV_SSL_CERT'), 'built-in');
    assert.deepEqual(issuers.named('public')?.methods, ['DNS', 'FILE']);
    assert.equal(issuers.named('gone'), undefined);
  });

  test('what no rule is for is SCM.0017 where the built-in one is off; what it issued it can still revoke', () => {
    const rules = [{ brand: 'CFCA', issuer: 'company' }] as const;
    const issuers = createIssuers(ports, {
      built_in: { enabled: false },
      definitions: { company: privateCa },
      rules: [...rules],
    });
    assert.equal(issuers.chosen('CFCA', 'DV_SSL_CERT').name, 'company');
    assert.throws(
      () => issuers.chosen('VTRUS', 'DV_SSL_CERT'),
      (error) => error instanceof ServiceError && error.code === 'SCM.0017',
    );
    assert.ok(issuers.named('built-in'));
  });

  test('a configuration that cannot work refuses the start', () => {
    refusedStart({ rules: [{ issuer: 'nobody' }] }, /rules\[0\]\.issuer: there is no definition of nobody/);
    refusedStart({ definitions: { 'built-in': privateCa } }, /needs no definition/);
    refusedStart({ definitions: { company: { kind: 'private-ca' } } }, /company needs ca_id/);
    const eab = { kid: 'k', hmac_key: { file: '/nowhere/hmac-key' } };
    refusedStart({ definitions: { public: { ...acme, eab } } }, /nowhere/);
  });

  test('the schema knows brands and types, wants https and the agreement to the terms', () => {
    const fits = (section: unknown) => Value.Check(issuerConfiguration, section);
    assert.ok(fits({ definitions: { public: acme }, rules: [{ brand: 'VTRUS', issuer: 'public' }] }));
    assert.ok(!fits({ rules: [{ brand: 'VTRUST', issuer: 'public' }] }));
    assert.ok(!fits({ rules: [{ type: 'DV', issuer: 'public' }] }));
    assert.ok(!fits({ definitions: { public: { ...acme, directory_url: 'http://ca.example.test' } } }));
    assert.ok(!fits({ definitions: { public: { ...acme, terms_of_service_agreed: false } } }));
    assert.ok(!fits({ definitions: { company: { ...privateCa, ca: 'x' } } }));
  });
});
