import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import {
  buildCsr,
  encodePem,
  nameFromAttributes,
  parseCsr,
  samePublicKey,
  signatureAlgorithmFor,
} from '../../pki/index.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { advanceApplication } from './advance-application.ts';
import { openApplicants, ov } from './applicants.fixture.ts';
import type { IssuedHook } from './application-ports.ts';
import { findApplication } from './application-store.ts';
import { buy, seen } from './applications.fixture.ts';
import { prepareApplication } from './prepare-application.ts';
import { repeatedApplication, submitApplication } from './submit-application.ts';

const { world, bench, reset, applied, keyCount } = await openApplicants();
beforeEach(reset);

async function follow(accountId: string, predecessorId: string) {
  const predecessor = await seen(bench, accountId, predecessorId);
  const { type, domain_type, domain_count, wildcard_count } = predecessor;
  const bought = { type, domain_type, domain_count, wildcard_count, predecessor_id: predecessorId };
  const id = await buy(bench.database, accountId, bought);
  const successor = await seen(bench, accountId, id);
  const data = await repeatedApplication(bench.database, predecessor);
  assert.ok(data);
  const prepared = await prepareApplication(bench.ports, successor, data);
  await bench.database.transaction((transaction) =>
    submitApplication(bench.ports, transaction, successor, prepared),
  );
  await bench.jobs.runDue();
  return { predecessor, successor: await seen(bench, accountId, id) };
}

describe('the next certificate of a series', () => {
  test("is applied for with the first one's data and a key of its own, and issued by itself", async () => {
    const body = {
      auto_dns_auth: true,
      sans: 'a.test.com',
      key_algorithm: 'EC_P384',
      ca_hash_algorithm: 'SHA-256',
    };
    const bought = { ...ov, domain_type: 'MULTI_DOMAIN', domain_count: 2 } as const;
    const { account, id } = await applied(body, bought);
    const { predecessor, successor } = await follow(account.accountId, id);
    assert.equal(successor.status, 'ISSUED');
    assert.deepEqual([successor.domain, successor.sans], ['www.test.com', 'a.test.com']);
    assert.equal(successor.key_algorithm, 'EC384');
    assert.notEqual(successor.key_id, predecessor.key_id);
    assert.equal(await keyCount(account.accountId), 2);
    const [first, second] = world.requests;
    assert.deepEqual(
      { ...second, certificateId: '', csrDer: '' },
      { ...first, certificateId: '', csrDer: '' },
    );
    assert.ok(!samePublicKey(parseCsr(first!.csrDer).spki, parseCsr(second!.csrDer).spki));
  });

  test('is applied for by the same CSR where the applicant keeps the key', async () => {
    const key = await bench.keyStore.generate(keyOwner('0'.repeat(32)), 'EC256');
    const csrDer = await buildCsr({
      subject: nameFromAttributes({ commonName: 'www.test.com' }),
      signer: key.signer,
      signatureAlgorithm: signatureAlgorithmFor('EC256'),
    });
    const csr = encodePem('CERTIFICATE REQUEST', csrDer);
    const { account, id } = await applied({ auto_dns_auth: true, csr });
    const { successor } = await follow(account.accountId, id);
    assert.deepEqual([successor.status, successor.key_id], ['ISSUED', null]);
    assert.deepEqual(Buffer.from(world.requests[1]!.csrDer), Buffer.from(csrDer));
  });

  test('has no application to repeat if there was none', async () => {
    const { accountId } = bench.account();
    const id = await buy(bench.database, accountId);
    assert.equal(await repeatedApplication(bench.database, await seen(bench, accountId, id)), undefined);
  });

  test('is applied for while it is PAID or UNPASSED only: SCM.0010', async () => {
    const { account, id } = await applied({ auto_dns_auth: true });
    const issued = await seen(bench, account.accountId, id);
    const data = await repeatedApplication(bench.database, issued);
    const prepared = await prepareApplication(bench.ports, issued, data!);
    const submitted = bench.database.transaction((transaction) =>
      submitApplication(bench.ports, transaction, issued, prepared),
    );
    await assert.rejects(submitted, { code: 'SCM.0010' });
    assert.equal((await findApplication(bench.database, id))?.key_id, issued.key_id);
  });
});

test('what follows from an issuance is durable with it or not at all', async () => {
  world.down.add('issue');
  const { account, id } = await applied({ auto_dns_auth: true });
  world.down.clear();
  const seenByHook: string[] = [];
  const failing: IssuedHook = async () => {
    throw new Error('the hook fails');
  };
  const telling: IssuedHook = async (_ports, _transaction, { status, certificate_id }) => {
    seenByHook.push(`${certificate_id} ${status}`);
  };
  const { accountId } = account;
  await assert.rejects(advanceApplication(bench.ports, [failing], accountId, id), /the hook fails/);
  assert.equal((await seen(bench, accountId, id)).status, 'ISSUING');
  assert.equal(await advanceApplication(bench.ports, [telling], accountId, id), undefined);
  assert.deepEqual(seenByHook, [`${id} ISSUED`]);
});
