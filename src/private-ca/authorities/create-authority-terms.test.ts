import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSqliteBench, testNowMs } from '../private-ca.fixture.ts';
import {
  assertCreationRefused,
  assertRefused,
  certificateOf,
  create,
  details,
  path,
  rootBody,
  subordinateBody,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 30, CERTIFICATE: 10 });
const yearMs = 365 * 86_400_000;
const refused = assertCreationRefused.bind(null, bench);

describe('the validity period of a root CA is at most 30 years, that of a subordinate CA at most 20 years', () => {
  const validities = [
    ['ROOT', 30, 31],
    ['SUBORDINATE', 20, 21],
  ] as const;
  for (const [type, most, tooLong] of validities) {
    test(`${type}: ${most} calendar years`, async () => {
      const account = bench.account();
      const rootId = await create(account, { ...rootBody, validity: { type: 'YEAR', value: 30 } });
      const body = type === 'ROOT' ? rootBody : subordinateBody(rootId);
      const ca = await details(
        account,
        await create(account, { ...body, validity: { type: 'YEAR', value: most } }),
      );
      assert.equal(ca.not_after, Date.UTC(2024 + most, 2, 15, 10, 20, 30));
      for (const validity of [
        { type: 'YEAR', value: tooLong },
        { type: 'MONTH', value: most * 12 },
        { type: 'DAY', value: tooLong * 366 },
        { type: 'HOUR', value: tooLong * 366 * 24 },
        { type: 'YEAR', value: 9e15 },
      ]) {
        const answer = await account.send('POST', path, { ...body, validity });
        assertRefused(answer, 400, 'PCA.00020109', new RegExp(`${most} years`));
      }
    });
  }

  test('[terraform docs] the validity of a subordinate CA lies within that of its issuer: it is cut at both ends', async () => {
    const account = bench.account();
    const start_from = testNowMs + yearMs;
    const rootId = await create(account, { ...rootBody, validity: { type: 'YEAR', value: 2, start_from } });
    const root = await details(account, rootId);
    const body = { ...subordinateBody(rootId), validity: { type: 'YEAR', value: 20 } };
    const child = await details(account, await create(account, body));
    assert.deepEqual([child.not_before, child.not_after], [root.not_before, root.not_after]);
  });

  test('no validity that has nothing in common with the issuer’s', async () => {
    const account = bench.account();
    const rootId = await create(account, { ...rootBody, validity: { type: 'DAY', value: 1 } });
    const validity = { type: 'DAY', value: 1, start_from: testNowMs + 2 * 86_400_000 };
    const answer = await account.send('POST', path, { ...subordinateBody(rootId), validity });
    assertRefused(answer, 400, 'PCA.00020109', /issuing CA/);
  });
});

describe('validity.type is YEAR (12 months each), MONTH (31 days each), DAY or HOUR', () => {
  const expected = {
    YEAR: Date.UTC(2026, 2, 15, 10, 20, 30),
    MONTH: Date.UTC(2024, 2, 15 + 62, 10, 20, 30),
    DAY: Date.UTC(2024, 2, 17, 10, 20, 30),
    HOUR: Date.UTC(2024, 2, 15, 12, 20, 30),
  };
  for (const [type, notAfter] of Object.entries(expected)) {
    test(`2 ${type}, exactly, from the current second`, async () => {
      const account = bench.account();
      const ca = await details(account, await create(account, { ...rootBody, validity: { type, value: 2 } }));
      assert.deepEqual([ca.not_before, ca.not_after], [Date.UTC(2024, 2, 15, 10, 20, 30), notAfter]);
    });
  }

  const wrong = [
    { type: 'WEEK', value: 1 },
    { type: 'YEAR', value: 0 },
    { type: 'YEAR', value: -1 },
    { type: 'YEAR', value: 1.5 },
    { type: 'YEAR', value: '1' },
    { type: 'YEAR' },
    { value: 1 },
    'YEAR',
  ];
  for (const validity of wrong) {
    test(`${JSON.stringify(validity)} is refused`, () =>
      refused({ ...rootBody, validity }, 400, 'PCA.00020109', /validity/));
  }
});

describe('validity.start_from is optional, in milliseconds; it must be larger than the current time minus 5 minutes', () => {
  const fiveMinutesAgo = testNowMs - 300_000;
  for (const start_from of [fiveMinutesAgo + 1, testNowMs + yearMs, String(testNowMs + yearMs)]) {
    test(`${JSON.stringify(start_from)} is accepted`, async () => {
      const account = bench.account();
      const body = { ...rootBody, validity: { type: 'YEAR', value: 1, start_from } };
      const ca = await details(account, await create(account, body));
      assert.equal(ca.not_before, Math.floor(Number(start_from) / 1000) * 1000);
    });
  }

  for (const start_from of [fiveMinutesAgo, 0, -1, 1.5, 'tomorrow', '', 9e15, Date.UTC(9999, 6, 1)]) {
    test(`${JSON.stringify(start_from)} is refused`, () =>
      refused(
        { ...rootBody, validity: { type: 'YEAR', value: 1, start_from } },
        400,
        'PCA.00020109',
        /validity/,
      ));
  }
});

describe('key_algorithm is RSA2048, RSA4096, EC256, EC384 or SM2', () => {
  const expected = {
    RSA2048: ['SHA256', 'rsa', '2048'],
    RSA4096: ['SHA512', 'rsa', '4096'],
    EC256: ['SHA512', 'ec', 'prime256v1'],
    EC384: ['SHA384', 'ec', 'secp384r1'],
  } as const;
  for (const [key_algorithm, [signature_algorithm, kind, size]] of Object.entries(expected)) {
    test(`${key_algorithm} with ${signature_algorithm}`, async () => {
      const account = bench.account();
      const caId = await create(account, { ...rootBody, key_algorithm, signature_algorithm });
      const { x509 } = await certificateOf(account, caId);
      const key = x509.publicKey.asymmetricKeyDetails;
      assert.equal(x509.publicKey.asymmetricKeyType, kind);
      assert.equal(String(key?.modulusLength ?? key?.namedCurve), size);
      assert.ok(x509.verify(x509.publicKey));
      const ca = await details(account, caId);
      assert.deepEqual([ca.key_algorithm, ca.signature_algorithm], [key_algorithm, signature_algorithm]);
    });
  }

  for (const key_algorithm of ['RSA1024', 'ED25519', 'ec256', 256]) {
    test(`${key_algorithm} is refused`, () =>
      refused({ ...rootBody, key_algorithm }, 400, 'PCA.00020102', /key_algorithm/));
  }
});

describe('signature_algorithm is SHA256, SHA384, SHA512 or SM3 (SM3 with SM2)', () => {
  const sm2Body = { ...rootBody, key_algorithm: 'SM2', signature_algorithm: 'SM3' };

  test('an SM2 hierarchy signs with SM2 and SM3', async () => {
    const account = bench.account();
    const rootId = await create(account, sm2Body);
    const body = { ...subordinateBody(rootId), key_algorithm: 'SM2', signature_algorithm: 'SM3' };
    const { parsed } = await certificateOf(account, await create(account, body));
    assert.equal(parsed.signatureAlgorithm?.name, 'SM3withSM2');
  });

  test('SM2 with SHA256 is refused', () =>
    refused({ ...sm2Body, signature_algorithm: 'SHA256' }, 400, 'PCA.00020103', /use SM3/));

  test('RSA2048 with SM3 is refused', () =>
    refused({ ...sm2Body, key_algorithm: 'RSA2048' }, 400, 'PCA.00020103', /use SHA256, SHA384 or SHA512/));

  test('it has to fit the key that signs, which is the issuer’s', async () => {
    const account = bench.account();
    const rootId = await create(account, sm2Body);
    assertRefused(
      await account.send('POST', path, subordinateBody(rootId)),
      400,
      'PCA.00020103',
      /SM2: use SM3/,
    );
    const caId = await create(account, { ...subordinateBody(rootId), signature_algorithm: 'SM3' });
    assert.equal((await details(account, caId)).signature_algorithm, 'SM3');
  });

  test('an SM2 CA has an SM2 issuer', async () => {
    const account = bench.account();
    const body = { ...subordinateBody(await create(account)), key_algorithm: 'SM2' };
    assertRefused(await account.send('POST', path, body), 400, 'PCA.00020102', /issuing CA whose key is SM2/);
  });

  for (const signature_algorithm of ['SHA1', 'MD5', 'sha256', 256]) {
    test(`${signature_algorithm} is refused`, () =>
      refused({ ...rootBody, signature_algorithm }, 400, 'PCA.00020103', /SHA512/));
  }
});
