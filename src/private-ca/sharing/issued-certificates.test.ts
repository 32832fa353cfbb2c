import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { oids, subjectAlternativeNameExtension } from '../../pki/index.ts';
import {
  assertDone,
  assertRefused,
  create,
  path,
  rootBody,
  scheduleDeletion,
  subordinateBody,
} from '../authorities/authorities.fixture.ts';
import { csrOf, details, issue, issueByCsr, subordinateByCsr } from '../certificates/certificates.fixture.ts';
import { type BenchAccount, benchMigrations, openBench, openSqliteBench } from '../private-ca.fixture.ts';

import type { PrivateCaTables } from '../tables.ts';
import { fillConsumers } from './migrations.ts';

const certificates = '/v1/private-certificates';
const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 1000, CERTIFICATE: 1000 });

interface Issued {
  readonly serial_number: string;
  readonly type: string;
  readonly account_id: string;
  readonly certificate_id: string | null;
  readonly subject_names: readonly { readonly type: string; readonly value: string }[];
  readonly status: string;
  readonly revocation_reason: string | null;
}

interface Page {
  readonly certificates: Issued[];
  readonly page_info: { readonly next_marker: string | null; readonly current_count: number };
}

async function list(owner: BenchAccount, caId: string, query = '?limit=100'): Promise<Page> {
  const answer = await owner.send<Page>('GET', `${path}/${caId}/issued-certificates${query}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

const revoke = (owner: BenchAccount, caId: string, serialNumber: string, body: object = {}) =>
  owner.send('POST', `${path}/${caId}/issued-certificates/${serialNumber}/revoke`, body);

async function shared(of = bench, body: object = rootBody) {
  const [owner, consumer, other] = [of.account(), of.account(), of.account()];
  const caId = await create(owner, body);
  const account_ids = [consumer.accountId, other.accountId];
  assertDone(await owner.send('PUT', `${path}/${caId}/shares`, { account_ids }));
  return { owner, consumer, other, caId };
}

describeOnEachDatabase('what a shared CA issued', benchMigrations, (open) => {
  test('its owner lists it all, by account and page by page; nobody else does', async () => {
    const own = await openBench(await open());
    const { owner, consumer, other, caId } = await shared(own);
    const ownId = await issue(owner, caId);
    own.clock.advance(1000);
    const extensions = [subjectAlternativeNameExtension([{ type: 'DNS', value: 'a.bank.test' }], false)];
    const subject = [[{ type: oids.commonName, value: 'One' }], [{ type: oids.commonName, value: 'Two' }]];
    await issueByCsr(consumer, caId, await csrOf({ subject, extensions }));
    own.clock.advance(1000);
    await issue(other, caId);
    const { certificates: all } = await list(owner, caId);
    assert.deepEqual(
      all.map(({ account_id, certificate_id, status, type }) => [account_id, certificate_id, status, type]),
      [
        [other.accountId, null, 'ISSUED', 'ENTITY_CERT'],
        [consumer.accountId, null, 'ISSUED', 'ENTITY_CERT'],
        [owner.accountId, ownId, 'ISSUED', 'ENTITY_CERT'],
      ],
    );
    assert.deepEqual(all[1]!.subject_names, [
      { type: 'CN', value: 'One' },
      { type: 'CN', value: 'Two' },
      { type: 'DNS', value: 'a.bank.test' },
    ]);
    for (const [account, expected] of [
      [consumer, all[1]],
      [owner, all[2]],
    ] as const) {
      const { certificates: found } = await list(owner, caId, `?account_id=${account.accountId}`);
      assert.deepEqual(found, [expected]);
    }
    const pages: Issued[] = [];
    for (let marker: string | null = ''; marker !== null; ) {
      const page: Page = await list(owner, caId, `?limit=1${marker && `&marker=${marker}`}`);
      assert.equal(page.page_info.current_count, page.certificates.length);
      pages.push(...page.certificates);
      marker = page.page_info.next_marker;
    }
    assert.deepEqual(pages, all);
    for (const stranger of [consumer, own.account()])
      assertRefused(await stranger.send('GET', `${path}/${caId}/issued-certificates`), 404, 'PCA.00030102');
  });

  test('its owner revokes it: the consumer sees that, cannot lift it, and both trails have it', async () => {
    const own = await openBench(await open());
    const { owner, consumer, caId } = await shared(own);
    const id = await issue(consumer, caId);
    const { serial_number: serial } = await details(consumer, id);
    const hold = { reason: 'CERTIFICATE_HOLD' };
    assertDone(await consumer.send('POST', `${certificates}/${id}/revoke`, hold));
    assertRefused(await revoke(owner, caId, serial, hold), 400, 'PCA.00020001', /CERTIFICATE_HOLD/);
    assertDone(await revoke(owner, caId, serial, { reason: 'PRIVILEGE_WITHDRAWN' }));
    assert.equal((await details(consumer, id)).status, 'REVOKED');
    const again = await consumer.send('POST', `${certificates}/${id}/revoke`, { reason: 'SUPERSEDED' });
    assertRefused(again, 403, 'PCA.00030201');
    const [shown] = (await list(owner, caId)).certificates;
    assert.deepEqual([shown?.status, shown?.revocation_reason], ['REVOKED', 'PRIVILEGE_WITHDRAWN']);
    assertRefused(await revoke(owner, caId, serial), 403, 'PCA.00030201', /already/);
    for (const account of [owner, consumer]) {
      const noticed = (await account.audits()).filter(({ action }) => action === 'pca:ca:revokeIssuedCert');
      assert.equal(noticed.length, 1);
      assert.match(noticed[0]!.detail ?? '', /PRIVILEGE_WITHDRAWN/);
    }
  });

  test('what its holder deleted is still listed and revocable, also an SM2 pair', async () => {
    const own = await openBench(await open());
    const sm2 = { ...rootBody, key_algorithm: 'SM2', signature_algorithm: 'SM3' };
    const { owner, consumer, caId } = await shared(own, sm2);
    const kept = await issue(consumer, caId);
    own.clock.advance(1000);
    const id = await issue(consumer, caId);
    assertDone(await consumer.send('DELETE', `${certificates}/${id}`));
    const pair = (await list(owner, caId)).certificates.slice(0, 2);
    assert.deepEqual(pair.map(({ type }) => type).sort(), ['ENCRYPTION_CERT', 'ENTITY_CERT']);
    assert.deepEqual(pair[0]!.subject_names, [{ type: 'CN', value: 'test.example.com' }]);
    assert.equal(pair[0]!.account_id, consumer.accountId);
    assertDone(await revoke(owner, caId, pair[0]!.serial_number));
    const statuses = (await list(owner, caId)).certificates.map(({ status }) => status);
    assert.deepEqual(statuses, ['REVOKED', 'REVOKED', 'ISSUED', 'ISSUED']);
    assert.equal((await details(consumer, kept)).status, 'ISSUED');
  });
});

describeOnEachDatabase('what was issued before this was recorded', benchMigrations, (open) => {
  test('has its account and common name from the certificate', async () => {
    const database = await open();
    const own = await openBench(database);
    const { owner, consumer, caId } = await shared(own);
    await issue(consumer, caId);
    await issue(owner, caId);
    await database.transaction(async (transaction) => {
      const db = transaction.tables<PrivateCaTables>();
      const unknown = { consumer_id: null, subject_names: null, not_before: null };
      await db.updateTable('issued_serials').set(unknown).execute();
      await fillConsumers(db);
    });
    for (const account of [owner, consumer]) {
      const { certificates: found } = await list(owner, caId, `?account_id=${account.accountId}`);
      assert.deepEqual(
        found.map(({ account_id, subject_names }) => [account_id, subject_names]),
        [[account.accountId, [{ type: 'CN', value: 'test.example.com' }]]],
      );
    }
  });
});

describe('revoking what a CA issued', () => {
  test('needs both permissions, on the CA', async () => {
    const { owner, consumer, caId } = await shared();
    const { serial_number: serial } = await details(consumer, await issue(consumer, caId));
    for (const action of ['pca:ca:revokeIssuedCert', 'pca:ca:revokeCert'])
      assertRefused(
        await revoke(owner.without(action), caId, serial),
        401,
        'PCA.00010004',
        new RegExp(action),
      );
    const weak = owner.without('pca:ca:listIssuedCerts');
    assertRefused(await weak.send('GET', `${path}/${caId}/issued-certificates`), 401, 'PCA.00010004');
    for (const stranger of [consumer, bench.account()])
      assertRefused(await revoke(stranger, caId, serial), 404, 'PCA.00030102');
    assert.equal((await list(owner, caId)).certificates[0]?.status, 'ISSUED');
  });

  test('is about serial numbers of this CA, and of certificates', async () => {
    const { owner, caId } = await shared();
    const below = await create(owner, subordinateBody(caId));
    const { serial_number: serial } = await details(owner, await issue(owner, below));
    assertRefused(await revoke(owner, caId, serial), 404, 'PCA.00030102');
    assertRefused(await revoke(owner, caId, '12'), 400, 'PCA.00020001', /serial_number/);
    const elsewhere = await subordinateByCsr(owner, caId, await csrOf());
    const listed = (await list(owner, caId)).certificates;
    assert.deepEqual(
      listed.map(({ type }) => type),
      ['INTERMEDIATE_CA', 'INTERMEDIATE_CA'],
    );
    const own = listed.find(({ certificate_id }) => certificate_id === elsewhere.id);
    assertRefused(
      await revoke(owner, caId, own!.serial_number),
      403,
      'PCA.00030201',
      new RegExp(elsewhere.id),
    );
  });

  test('goes on while the CA waits for its deletion', async () => {
    const { owner, consumer, caId } = await shared();
    const { serial_number: serial } = await details(consumer, await issue(consumer, caId));
    await scheduleDeletion(owner, caId, 7);
    assertDone(await revoke(owner, caId, serial));
  });
});
