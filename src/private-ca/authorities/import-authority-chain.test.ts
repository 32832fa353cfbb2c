import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openSqliteBench } from '../private-ca.fixture.ts';
import {
  assertDone,
  assertRefused,
  create,
  details,
  exported,
  post,
  subordinateBody,
} from './authorities.fixture.ts';
import {
  certifiedOutside,
  type OutsideCa,
  outsideIntermediate,
  outsideRoot,
  type Wish,
} from './outside-ca.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });
const account = bench.account();
const newRoot = (wish?: Wish, known?: OutsideCa) => outsideRoot(bench.clock.nowMs(), wish, known);
const newIntermediate = (issuer: OutsideCa) => outsideIntermediate(bench.clock.nowMs(), issuer);
const certified = (issuer: OutsideCa, wish?: Wish) =>
  certifiedOutside(account, bench.clock.nowMs(), issuer, wish);

describe('certificate_chain is optional; the complete chain has to be imported if a complete chain is to be exported later', () => {
  test('without it, none is exported', async () => {
    const { caId, certificate } = await certified(await newRoot());
    assertDone(await post(account, caId, 'import', { certificate }));
    assert.equal((await exported(account, caId)).certificate_chain, null);
    const below = await create(account, subordinateBody(caId));
    assert.equal(
      (await exported(account, below)).certificate_chain,
      certificate.trim().replaceAll('\n', '\r\n'),
    );
  });

  test('in the order intermediate CA > ... > root CA it is exported again', async () => {
    const root = await newRoot();
    const middle = await newIntermediate(root);
    const { caId, certificate } = await certified(middle);
    assertDone(
      await post(account, caId, 'import', { certificate, certificate_chain: middle.pem + root.pem }),
    );
    const { certificate_chain } = await exported(account, caId);
    assert.equal(certificate_chain, (middle.pem + root.pem).trim().replaceAll('\n', '\r\n'));
  });

  test('it may begin with the certificate itself', async () => {
    const root = await newRoot();
    const { caId, certificate } = await certified(root);
    assertDone(
      await post(account, caId, 'import', { certificate, certificate_chain: certificate + root.pem }),
    );
    assert.equal((await exported(account, caId)).certificate_chain, root.pem.trim().replaceAll('\n', '\r\n'));
  });

  test('a path length above binds as well', async () => {
    const root = await newRoot({ pathLength: 1 });
    const middle = await newIntermediate(root);
    const { caId, certificate } = await certified(middle);
    const tight = { certificate, certificate_chain: middle.pem + root.pem };
    assertRefused(await post(account, caId, 'import', tight), 400, 'PCA.00020403', /path length/);
    const wide = await newRoot({ pathLength: 1 });
    const imported = await certified(wide);
    const body = { certificate: imported.certificate, certificate_chain: wide.pem };
    assertDone(await post(account, imported.caId, 'import', body));
    assert.equal((await details(account, imported.caId)).path_length, 0);
  });

  test('a certificate that begins later is judged when it has begun', async () => {
    const root = await newRoot();
    const { caId, certificate } = await certified(root, { startDays: 10, days: 100 });
    assertDone(await post(account, caId, 'import', { certificate, certificate_chain: root.pem }));
  });
});

describe('[A.2.2] an incorrect chain gives 400 PCA.00020403', () => {
  async function refused(
    chain: (root: OutsideCa, middle: OutsideCa) => string | Promise<string>,
    text: RegExp,
  ) {
    const root = await newRoot();
    const middle = await newIntermediate(root);
    const { caId, certificate } = await certified(middle);
    const body = { certificate, certificate_chain: await chain(root, middle) };
    assertRefused(await post(account, caId, 'import', body), 400, 'PCA.00020403', text);
    assert.equal((await details(account, caId)).status, 'PENDING');
  }

  test('not PEM', () => refused(() => 'chain', /certificate_chain/));

  test('the root is missing', () => refused((_root, middle) => middle.pem, /complete/));

  test('an intermediate CA is missing', () => refused((root) => root.pem, /issuer name mismatch/));

  test('the wrong order', () => refused((root, middle) => root.pem + middle.pem, /complete/));

  test('another root of the same name', () =>
    refused(async (_root, middle) => middle.pem + (await newRoot()).pem, /bad signature/));

  test('an expired root', () =>
    refused(async (root, middle) => {
      const expired = await newRoot({ startDays: -100, days: 50 }, root);
      return middle.pem + expired.pem;
    }, /expired/));

  test('more certificates than any hierarchy has', () =>
    refused((root, middle) => middle.pem.repeat(20) + root.pem, /certificate_chain/));

  test('only the certificate itself', async () => {
    const { caId, certificate } = await certified(await newRoot());
    const answer = await post(account, caId, 'import', { certificate, certificate_chain: certificate });
    assertRefused(answer, 400, 'PCA.00020403', /complete/);
  });
});
