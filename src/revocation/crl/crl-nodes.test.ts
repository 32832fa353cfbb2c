import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import {
  createPublishing,
  install,
  installTwoNodes,
  issue,
  publishedCrl,
  revocationMigrations,
  revoke,
} from '../revocation.fixture.ts';
import { findCrlState } from './crl-state-store.ts';

describeOnEachDatabase('CRLs of several nodes', revocationMigrations, (open) => {
  test('are published by one at a time, and numbers never repeat or go back', async () => {
    const installation = await install(await open());
    const { identity, jobs, storage } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const nodes = [installation, await installation.addNode(), await installation.addNode()];
    const atOnce: number[] = [];
    let running = 0;
    storage.beforePut = async () => {
      running += 1;
      atOnce.push(running);
      await setImmediate();
      running -= 1;
    };
    let last = 1n;
    for (let round = 0; round < 5; round++) {
      const leaves = [await issue(installation, acme, caId), await issue(installation, acme, caId)];
      await Promise.all([
        ...leaves.map((leaf) => revoke(installation, acme, leaf)),
        ...nodes.map((node) => node.jobs.runDue()),
      ]);
      installation.clock.advance(1_000);
      await Promise.all(nodes.map((node) => node.jobs.runDue()));
      await jobs.runDue();
      const crl = publishedCrl(installation, `crls/${caId}.crl`);
      assert.equal(crl.revoked.length, 2 * (round + 1));
      assert.ok(crl.number! > last);
      last = crl.number!;
    }
    assert.deepEqual([...new Set(atOnce)], [1]);
  });

  test('who has lost the right to publish does not record its CRL, and numbers do not repeat', async () => {
    const installation = await install(await open());
    const { clock, database, identity, jobs, storage } = installation;
    const { acme } = identity;
    const caId = await createPublishing(installation, acme, 'crls');
    const other = await installation.addNode();
    await revoke(installation, acme, await issue(installation, acme, caId));
    const goOn = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    let puts = 0;
    storage.beforePut = async () => {
      puts += 1;
      if (puts > 1) return;
      reached.resolve();
      await goOn.promise;
    };
    const stalled = jobs.runDue();
    await reached.promise;
    // The right ends while the first node stalls; the job's own lease too.
    clock.advance(61_000);
    await other.jobs.runDue();
    assert.equal(publishedCrl(installation, `crls/${caId}.crl`).number, 3n);
    goOn.resolve();
    await stalled;
    await jobs.runDue();
    const state = await findCrlState(database, caId);
    const published = publishedCrl(installation, `crls/${caId}.crl`);
    assert.equal(published.number, BigInt(state!.base_number!));
    assert.equal(published.number, 4n);
  });
});

test('two nodes with connections of their own to one PostgreSQL publish every revocation, in order', async () => {
  const { installation, other } = await installTwoNodes();
  const { clock, identity, jobs, storage } = installation;
  const { acme } = identity;
  const caId = await createPublishing(installation, acme, 'crls');
  const place = `crls/${caId}.crl`;
  const numbers: bigint[] = [];
  const put = storage.putObject.bind(storage);
  storage.putObject = async (...args) => {
    await put(...args);
    numbers.push(publishedCrl(installation, place).number!);
  };
  for (let round = 0; round < 4; round++) {
    const leaves = await Promise.all([1, 2, 3].map(() => issue(installation, acme, caId)));
    await Promise.all([
      ...leaves.map((leaf) => revoke(installation, acme, leaf)),
      ...[jobs, other.jobs, jobs, other.jobs].map((each) => each.runDue()),
    ]);
  }
  clock.advance(1_000);
  await Promise.all([jobs.runDue(), other.jobs.runDue()]);
  assert.equal(publishedCrl(installation, place).revoked.length, 12);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => Number(a - b)),
  );
});
