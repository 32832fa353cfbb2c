import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  findAttribute,
  nameToString,
  oids,
  openSm2EnvelopedKey,
  parseCertificate,
  publicKeyOfPkcs8,
  validateChain,
} from '../../pki/index.ts';
import type { IssuedSslCertificate } from './issuer.ts';
import {
  accountId,
  type IssuerNode,
  issued,
  issuerMigrations,
  newApplication,
  openNode,
  openSqliteNode,
  testNowMs,
} from './issuers.fixture.ts';

const organization = {
  country: 'de',
  province: 'Hessen',
  city: 'Frankfurt',
  name: 'Example GmbH',
  unit: 'IT',
};

interface StoredReference {
  readonly issuerId: string;
  readonly serialNumbers: readonly string[];
}

const referenceOf = ({ reference }: IssuedSslCertificate) => JSON.parse(reference) as StoredReference;

/** How relying parties see the serial numbers. */
async function statusesOf({ database, privateCa }: IssuerNode, issuance: IssuedSslCertificate) {
  const { issuerId, serialNumbers } = referenceOf(issuance);
  const found = await privateCa.records.findSerials(database, issuerId, serialNumbers);
  return found.map(({ revocation_reason: reason, revoked_at: at }) => ({ reason, at }));
}

const node = await openSqliteNode();
const names = ['www.example.test', '*.api.example.test'];
const issuance = await issued(node, await newApplication({ names }));
const leaf = parseCertificate(issuance.certificateDer);

describe('the built-in issuer', () => {
  test('DV: a name and nothing of the applicant, for TLS, for 365 days, by the policy of domain validation', () => {
    assert.equal(nameToString(leaf.subject), 'CN=www.example.test');
    assert.deepEqual(leaf.known.subjectAlternativeNames, [
      { type: 'DNS', value: 'www.example.test' },
      { type: 'DNS', value: '*.api.example.test' },
    ]);
    assert.deepEqual(leaf.known.extendedKeyUsage, [oids.serverAuth, oids.clientAuth]);
    assert.deepEqual(leaf.known.keyUsage, ['digitalSignature']);
    assert.deepEqual(leaf.known.certificatePolicies, [{ oid: '2.23.140.1.2.1', cpsUris: [] }]);
    assert.equal(leaf.known.basicConstraints?.ca, false);
    const start = Math.floor(testNowMs / 1000) * 1000;
    assert.deepEqual([leaf.notBeforeMs, leaf.notAfterMs], [start, start + 365 * 86_400_000 - 1000]);
    assert.equal(leaf.signatureAlgorithm?.name, 'SHA256withRSA');
  });

  test('chains to the root that operators are given, over a chain without it', async () => {
    const roots = await node.issuers.roots();
    assert.deepEqual(
      roots.map(({ brand, family }) => [brand, family]),
      [['GEOTRUST', 'RSA']],
    );
    const root = parseCertificate(roots[0]!.certificateDer);
    const chain = issuance.chainDer.map(parseCertificate);
    assert.equal(chain.length, 1);
    assert.equal(findAttribute(chain[0]!.subject, oids.commonName), 'OpenCCM GEOTRUST TLS RSA CA 1');
    assert.equal(findAttribute(root.subject, oids.commonName), 'OpenCCM GEOTRUST TLS RSA Root CA 1');
    const result = await validateChain([leaf, ...chain, root], { atMs: testNowMs });
    assert.equal(result.valid, true);
    assert.equal(chain[0]!.known.basicConstraints?.pathLength, 0);
  });

  test('the status of root and issuing CA is published before anything is issued below them', () => {
    assert.equal(node.published.length, 2);
    assert.equal(node.published[1], referenceOf(issuance).issuerId);
  });

  test('an issuance that nobody recorded is unknown to relying parties; a recorded one is good, then revoked', async () => {
    const application = await newApplication();
    const { issuer } = node.issuers.chosen('GEOTRUST', 'DV_SSL_CERT');
    const unrecorded = await issuer.issue(application, '{}');
    assert.ok(unrecorded.kind === 'issued');
    assert.deepEqual(await statusesOf(node, unrecorded), []);
    const recorded = await issued(node, application);
    assert.deepEqual(await statusesOf(node, recorded), [{ reason: null, at: null }]);

    const revocable = { accountId, ...recorded };
    const books = await issuer.revoke(revocable, 'superseded');
    assert.deepEqual(await statusesOf(node, recorded), [{ reason: null, at: null }]);
    await node.database.transaction(async (transaction) => books?.(transaction));
    const revoked = [{ reason: 'SUPERSEDED', at: node.clock.nowMs() }];
    assert.deepEqual(await statusesOf(node, recorded), revoked);
    assert.deepEqual(node.changed, referenceOf(recorded).serialNumbers);

    node.clock.advance(1000);
    const again = await issuer.revoke(revocable, 'keyCompromise');
    await node.database.transaction(async (transaction) => again?.(transaction));
    assert.deepEqual(await statusesOf(node, recorded), revoked);
  });

  test('what was never recorded cannot be revoked', async () => {
    const { issuer } = node.issuers.chosen('GEOTRUST', 'DV_SSL_CERT');
    const unrecorded = await issuer.issue(await newApplication(), '{}');
    assert.ok(unrecorded.kind === 'issued');
    const books = await issuer.revoke({ accountId, ...unrecorded }, 'superseded');
    await assert.rejects(
      node.database.transaction(async (transaction) => books?.(transaction)),
      /did not issue/,
    );
  });

  test('OV and EV: the organisation without its unit, and the policy of each', async () => {
    for (const [type, policy] of [
      ['OV_SSL_CERT', '2.23.140.1.2.2'],
      ['EV_SSL_CERT_PRO', '2.23.140.1.1'],
    ] as const) {
      const { certificateDer } = await issued(node, await newApplication({ type, organization }));
      const { known, subject } = parseCertificate(certificateDer);
      assert.equal(nameToString(subject), 'O=Example GmbH,L=Frankfurt,ST=Hessen,C=DE,CN=www.example.test');
      assert.equal(known.certificatePolicies?.[0]?.oid, policy);
    }
  });

  test('months become days: 3 are 90, 12 are 365, 15 are 455', async () => {
    for (const [validityMonths, days] of [
      [3, 90],
      [12, 365],
      [15, 455],
    ] as const) {
      const { certificateDer } = await issued(node, await newApplication({ validityMonths }));
      const { notAfterMs, notBeforeMs } = parseCertificate(certificateDer);
      assert.equal(notAfterMs + 1000 - notBeforeMs, days * 86_400_000);
    }
  });

  test('an RSA key also enciphers; a name too long for a common name is an alternative name only', async () => {
    const long = `${'a'.repeat(60)}.example.test`;
    const application = await newApplication({ names: [long] }, 'RSA2048');
    const { known, extensions, subject } = parseCertificate((await issued(node, application)).certificateDer);
    assert.deepEqual(subject, []);
    // RFC 5280 §4.2.1.6.
    assert.equal(extensions.find(({ oid }) => oid === oids.subjectAlternativeName)?.critical, true);
    assert.deepEqual(known.keyUsage, ['digitalSignature', 'keyEncipherment']);
  });

  test('SM2: a pair under a hierarchy of SM2, the second key in an envelope for the holder of the first', async () => {
    const application = await newApplication({}, 'SM2');
    const pair = await issued(node, application);
    assert.ok(pair.encryption);
    const { certificateDer, envelope, key } = pair.encryption;
    const encryption = parseCertificate(certificateDer);
    assert.equal(encryption.signatureAlgorithm?.name, 'SM3withSM2');
    assert.deepEqual(encryption.known.keyUsage, ['keyEncipherment', 'dataEncipherment', 'keyAgreement']);
    assert.deepEqual(parseCertificate(pair.certificateDer).known.keyUsage, [
      'digitalSignature',
      'nonRepudiation',
    ]);
    const opened = openSm2EnvelopedKey(Buffer.from(envelope!, 'base64'), application.privateKeyPkcs8);
    assert.deepEqual(publicKeyOfPkcs8(opened), encryption.spki);
    await node.database.transaction((transaction) => node.keyStore.save(transaction, key));
    assert.deepEqual(
      publicKeyOfPkcs8(await node.keyStore.exportPrivateKey(key.owner, key.keyId)),
      encryption.spki,
    );
    assert.deepEqual(key.owner, { accountId, purpose: 'scm' });

    const { issuer } = node.issuers.chosen('GEOTRUST', 'DV_SSL_CERT');
    const books = await issuer.revoke({ accountId, ...pair }, 'keyCompromise');
    await node.database.transaction(async (transaction) => books?.(transaction));
    const reasons = (await statusesOf(node, pair)).map(({ reason }) => reason);
    assert.deepEqual(reasons, ['KEY_COMPROMISE', 'KEY_COMPROMISE']);
  });
});

describeOnEachDatabase('the built-in hierarchy', issuerMigrations, (open) => {
  test('is made once by nodes that need it at the same time', async () => {
    const database = await open();
    const nodes = [await openNode(database), await openNode(database), await openNode(database)];
    const application = await newApplication({ brand: 'VTRUS' }, 'SM2');
    const issuances = await Promise.all(nodes.map((node) => issued(node, application)));
    const issuers = new Set(issuances.map((issuance) => referenceOf(issuance).issuerId));
    assert.equal(issuers.size, 1);
    const [chain, ...others] = issuances.map(({ chainDer }) => Buffer.concat([...chainDer]));
    for (const other of others) assert.deepEqual(other, chain);
    const roots = await nodes[0]!.issuers.roots();
    assert.equal(roots.length, 1);
    assert.deepEqual(await (await openNode(database)).issuers.roots(), roots);
    const serials = await nodes[0]!.privateCa.records.findSerials(
      database,
      [...issuers][0]!,
      issuances.flatMap((issuance) => referenceOf(issuance).serialNumbers),
    );
    assert.equal(serials.length, 6);
  });

  test('is finished by whoever comes after a node that died between its steps', async () => {
    const database = await open();
    const dying = await openNode(database);
    const application = await newApplication({}, 'SM2');
    let steps = 0;
    const { ensureAuthority } = dying.privateCa.serverCertificates;
    Object.assign(dying.privateCa.serverCertificates, {
      ensureAuthority: async (own: Parameters<typeof ensureAuthority>[0]) => {
        steps += 1;
        if (steps === 2) throw new Error('the power went out');
        await ensureAuthority(own);
      },
    });
    const { issuer } = dying.issuers.chosen('GEOTRUST', 'DV_SSL_CERT');
    await assert.rejects(issuer.issue(application, '{}'), /power/);
    const [root] = await dying.issuers.roots();
    const node = await openNode(database);
    const { chainDer } = await issued(node, application);
    assert.deepEqual((await node.issuers.roots())[0], root);
    assert.deepEqual(
      parseCertificate(chainDer[0]!).issuerDer,
      parseCertificate(root!.certificateDer).subjectDer,
    );
    // The node that saw it fail tries again.
    await issued(dying, application);
  });
});
