import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { injectedAccounts } from '../../../test/support/injected-accounts.ts';
import { nameToString, parseCertificate } from '../../pki/index.ts';
import { createHttpApp, registerApi } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { apiErrors } from '../../private-ca/index.ts';
import type { CertificateApplication } from './issuer.ts';
import type { PrivateCaDefinition } from './issuer-configuration.ts';
import { issued, newApplication, openNode, openSqliteNode } from './issuers.fixture.ts';

const bench = await openSqliteNode();
const app = createHttpApp({ random: systemRandom, log: silentLog });
const accounts = injectedAccounts(app, systemRandom);
await registerApi(
  app,
  { ...apiErrors, authenticate: accounts.authenticate, log: silentLog },
  bench.privateCa.routes,
);
const path = '/v1/private-certificate-authorities';

async function createRoot(account: ReturnType<typeof accounts.account>, keyAlgorithm = 'EC256') {
  const { body, status } = await account.send<{ ca_id: string }>('POST', path, {
    type: 'ROOT',
    key_algorithm: keyAlgorithm,
    signature_algorithm: keyAlgorithm === 'SM2' ? 'SM3' : 'SHA256',
    distinguished_name: {
      common_name: `${keyAlgorithm} root`,
      country: 'CN',
      state: 'Sichuan',
      locality: 'Chengdu',
      organization: 'Example',
      organizational_unit: 'PKI',
    },
    validity: { type: 'YEAR', value: 10 },
  });
  assert.equal(status, 200);
  return body.ca_id;
}

async function issuerOf(definition: Omit<PrivateCaDefinition, 'kind'>) {
  const configuration = {
    definitions: { company: { kind: 'private-ca' as const, ...definition } },
    rules: [{ issuer: 'company' }],
  };
  return openNode(bench.database, { configuration });
}

async function outcomeOf(definition: Omit<PrivateCaDefinition, 'kind'>, application: CertificateApplication) {
  const { issuers } = await issuerOf(definition);
  return issuers.chosen('CFCA', 'DV_SSL_CERT').issuer.issue(application, '{}');
}

async function refusalOf(definition: Omit<PrivateCaDefinition, 'kind'>, application: CertificateApplication) {
  const outcome = await outcomeOf(definition, application);
  return outcome.kind === 'refused' ? outcome.reason : assert.fail(outcome.kind);
}

describe('a private CA as issuer', () => {
  test('issues for its own account, the unit included and without policies of public CAs', async () => {
    const account = accounts.account();
    const caId = await createRoot(account);
    const organization = { country: 'CN', province: 'Sichuan', city: 'Chengdu', name: 'Example', unit: 'IT' };
    const { accountId } = account;
    const application = await newApplication({ accountId, type: 'OV_SSL_CERT', organization });
    const { certificateDer, chainDer, reference } = await issued(
      await issuerOf({ ca_id: caId }),
      application,
    );
    const { known, issuer, subject } = parseCertificate(certificateDer);
    assert.equal(nameToString(subject), 'OU=IT,O=Example,L=Chengdu,ST=Sichuan,C=CN,CN=www.example.test');
    assert.match(nameToString(issuer), /CN=EC256 root/);
    assert.equal(known.certificatePolicies, undefined);
    // Its issuer is the root, which relying parties have.
    assert.deepEqual(chainDer, []);
    const { serialNumbers } = JSON.parse(reference) as { serialNumbers: string[] };
    const [serial] = await bench.privateCa.records.findSerials(bench.database, caId, serialNumbers);
    assert.equal(serial?.revoked_at, null);
  });

  test('another account has no use of it, unless it is shared', async () => {
    const owner = accounts.account();
    const other = accounts.account();
    const caId = await createRoot(owner);
    const application = await newApplication({ accountId: other.accountId });
    assert.match(await refusalOf({ ca_id: caId }, application), /does not name a CA of this account/);
    const shared = await owner.send('PUT', `${path}/${caId}/shares`, { account_ids: [other.accountId] });
    assert.ok(shared.status < 300, JSON.stringify(shared.body));
    assert.equal((await outcomeOf({ ca_id: caId }, application)).kind, 'issued');
  });

  test('accounts go before the tag, the tag before the CA for all', async () => {
    const account = accounts.account();
    const [first, second, third] = [
      await createRoot(account),
      await createRoot(account),
      await createRoot(account),
    ];
    const { accountId } = account;
    const tag = { key: 'use', value: 'tls' };
    const tagged = await account.send('POST', `${path}/${second}/tags/create`, { tags: [tag] });
    assert.ok(tagged.status < 300, JSON.stringify(tagged.body));
    const application = await newApplication({ accountId });
    const issuerId = async (definition: Omit<PrivateCaDefinition, 'kind'>) => {
      const outcome = await outcomeOf(definition, application);
      assert.ok(outcome.kind === 'issued');
      return (JSON.parse(outcome.reference) as { issuerId: string }).issuerId;
    };
    assert.equal(await issuerId({ accounts: { [accountId]: first }, ca_tag: tag, ca_id: third }), first);
    assert.equal(await issuerId({ accounts: {}, ca_tag: tag, ca_id: third }), second);
    assert.equal(await issuerId({ ca_tag: { key: 'use', value: 'mail' }, ca_id: third }), third);
    assert.match(
      await refusalOf({ ca_tag: { key: 'use', value: 'mail' } }, application),
      /has no private CA that issues/,
    );
  });

  test('an SM2 key needs an SM2 CA, which a tag finds among others', async () => {
    const account = accounts.account();
    const { accountId } = account;
    const ids = [await createRoot(account, 'SM2'), await createRoot(account)];
    const tag = { key: 'use', value: 'tls' };
    for (const id of ids) await account.send('POST', `${path}/${id}/tags/create`, { tags: [tag] });
    const application = await newApplication({ accountId }, 'SM2');
    const pair = await issued(await issuerOf({ ca_tag: tag }), application);
    assert.equal(parseCertificate(pair.certificateDer).signatureAlgorithm?.name, 'SM3withSM2');
    assert.ok(pair.encryption);
    assert.match(await refusalOf({ ca_id: ids[1]! }, application), /needs an issuing CA whose key is SM2/);
  });

  test('its issuance policy is kept to', async () => {
    const account = accounts.account();
    const caId = await createRoot(account);
    const policy = { allowed_names: { dns: ['*.inside.test'], common_name: ['*'] } };
    const set = await account.send('PUT', `${path}/${caId}/issuance-policy`, policy);
    assert.ok(set.status < 300, JSON.stringify(set.body));
    const { accountId } = account;
    const outside = await newApplication({ accountId });
    assert.match(await refusalOf({ ca_id: caId }, outside), /issuance_policy\.allowed_names/);
    const inside = await newApplication({ accountId, names: ['www.inside.test'] });
    assert.equal((await outcomeOf({ ca_id: caId }, inside)).kind, 'issued');
  });

  test('while it is disabled it is asked again later; what was signed before is not recorded then', async () => {
    const account = accounts.account();
    const caId = await createRoot(account);
    const application = await newApplication({ accountId: account.accountId });
    const before = await outcomeOf({ ca_id: caId }, application);
    assert.ok(before.kind === 'issued');
    await account.send('POST', `${path}/${caId}/disable`);
    await assert.rejects(outcomeOf({ ca_id: caId }, application), /DISABLED/);
    await assert.rejects(
      bench.database.transaction(async (transaction) => before.record?.(transaction)),
      /DISABLED/,
    );
  });

  test('EV is not for wildcard names', async () => {
    const { issuers } = await issuerOf({ ca_tag: { key: 'use', value: 'tls' } });
    const { issuer } = issuers.chosen('CFCA', 'EV_SSL_CERT');
    const begun = await issuer.begin(await newApplication({ type: 'EV_SSL_CERT', names: ['*.a.test'] }));
    assert.ok('kind' in begun);
    assert.match(begun.reason, /EV certificate cannot be for the wildcard name \*\.a\.test/);
    const fine = await issuer.begin(await newApplication({ type: 'EV_SSL_CERT', names: ['a.test'] }));
    assert.ok('challenges' in fine);
    assert.equal(fine.challenges[0]?.recordName, '_dnsauth.a.test');
  });
});
