import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PrivateKeyNotFound } from '../../kms/index.ts';
import { replaceApplication } from '../applications/application-store.ts';
import { listValidations, replaceValidations } from '../applications/validation-store.ts';
import { allowedStatuses, type CertificateStatus, certificateStatuses } from '../certificate-status.ts';
import { keyOwner } from '../csrs/certification-request.ts';
import { recordDeployment } from '../deployments/deployment-store.ts';
import { deployedPlaces, scheduleRedeployment } from '../deployments/index.ts';
import { insertNotice } from '../notifications/notice-store.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { openSqliteBench, testNowMs } from '../ssl-certificates.fixture.ts';
import { insertTags, tagsOf } from '../tags/tag-store.ts';
import { changeCertificate, findCertificate } from './certificate-store.ts';
import { deleteCertificate } from './delete-certificate.ts';
import {
  assertRefused,
  certificatesPath,
  dayMs,
  detailsOf,
  exported,
  importBody,
  imported,
  make,
  pageOf,
} from './imports.fixture.ts';
import * as openssl from './openssl-certificates.fixture.ts';
import { store } from './stored.fixture.ts';

const bench = await openSqliteBench();
const usual = await make();
const root = await make({ commonName: 'Root', isCa: true });
const leaf = await make({ issuer: root });
const nobodys = 'scs0000000000000';
const { database, keyStore } = bench;

/** A certificate that is shown in this state. */
async function inStatus(accountId: string, status: CertificateStatus): Promise<string> {
  const notAfter = status === 'EXPIRED' ? testNowMs - 1 : testNowMs + dayMs;
  const stored = status === 'EXPIRED' ? 'ISSUED' : status;
  const certificate_der = Buffer.from(usual.certificate.replace(/-----.*-----|\s/g, ''), 'base64');
  return store(bench, accountId, { status: stored, not_after: notAfter, certificate_der });
}

async function rowOf(accountId: string, id: string) {
  const row = await findCertificate(database, accountId, id);
  assert.ok(row);
  return row;
}

describe('details', () => {
  test('of an application: method, applicant and a record for each name to verify', async () => {
    const account = bench.account();
    const { accountId } = account;
    const id = await store(bench, accountId, {
      status: 'CHECKING_DOMAIN',
      order_id: 'CS20052117270N7V9',
      brand: 'SYMANTEC',
      type: 'DV_SSL_CERT',
      domain_type: 'MULTI_DOMAIN',
      primary_domain_type: 'WILDCARD_DOMAIN',
      validity_months: 12,
      domain: '*.example.com',
      sans: 'example.com;example.org',
    });
    const challenges = ['example.com', 'example.org'].map((domain) => ({
      domain,
      method: 'DNS' as const,
      recordName: `_dnsauth.${domain}`,
      recordType: 'TXT' as const,
      recordValue: `value of ${domain}`,
      isPublished: false,
    }));
    await database.transaction(async (transaction) => {
      await replaceApplication(transaction, {
        certificate_id: id,
        account_id: accountId,
        applicant: JSON.stringify({ country: 'DE', applicant_email: 'a@example.com' }),
        method: 'DNS',
        auto_dns: 0,
        ca_hash_algorithm: 'DEFAULT',
        key_algorithm: 'RSA2048',
        csr_der: new Uint8Array(),
        key_id: null,
        submitted_at: testNowMs,
        expires_at: testNowMs + dayMs,
        issuer: null,
        issuer_state: null,
        review: 'none',
        applied_by: null,
      });
      await replaceValidations(transaction, { certificateId: id, accountId }, challenges);
    });
    const details = await detailsOf(account, id);
    const { validation_method, multi_domain_type, order_id, status, push_support, validity_period } = details;
    assert.deepEqual(
      { validation_method, multi_domain_type, order_id, status, push_support, validity_period },
      {
        validation_method: 'DNS',
        multi_domain_type: 'primary_wildcard',
        order_id: 'CS20052117270N7V9',
        status: 'CHECKING_DOMAIN',
        push_support: 'OFF',
        validity_period: 12,
      },
    );
    const { issue_time, not_before, not_after, fingerprint, signature_algorithm, revoke_reason } = details;
    for (const unknown of [
      issue_time,
      not_before,
      not_after,
      fingerprint,
      signature_algorithm,
      revoke_reason,
    ])
      assert.equal(unknown, null);
    const [first] = details.authentification as object[];
    assert.deepEqual(first, {
      record_name: '_dnsauth.example.com',
      record_type: 'TXT',
      record_value: 'value of example.com',
      domain: 'example.com',
    });
    assert.equal((details.authentification as object[]).length, 2);
    assert.deepEqual(details.application_info, {
      country: 'DE',
      company_name: null,
      company_province: null,
      company_city: null,
      applicant_name: null,
      applicant_phone: null,
      applicant_email: 'a@example.com',
      contact_name: null,
      contact_phone: null,
      contact_email: null,
    });
  });

  test('hold neither certificates nor keys', async () => {
    const account = bench.account();
    const details = await detailsOf(account, await imported(account, importBody(usual)));
    assert.doesNotMatch(JSON.stringify(details), /BEGIN|key_id|_der/);
  });

  test('a certificate that time has ended is EXPIRED, and cannot be pushed', async () => {
    const account = bench.account();
    const details = await detailsOf(account, await inStatus(account.accountId, 'EXPIRED'));
    assert.deepEqual([details.status, details.push_support], ['EXPIRED', 'OFF']);
  });
});

describe('which certificate', () => {
  const calls = [
    ['GET', '', 'scm:cert:get'],
    ['POST', '/export', 'scm:cert:export'],
    ['DELETE', '', 'scm:cert:delete'],
  ] as const;

  for (const [method, rest, action] of calls) {
    const call = (account: ReturnType<typeof bench.account>, id: string) =>
      account.send(method, `${certificatesPath}/${id}${rest}`);

    test(`${method} ${rest}: SCM.0094 as 404 for an unknown id, and for another account's as if nobody had it`, async () => {
      const owner = bench.account();
      const id = await imported(owner, importBody(usual));
      const stranger = bench.account();
      const answers = [await call(stranger, nobodys), await call(stranger, id)];
      for (const answer of answers) assertRefused(answer, 404, 'SCM.0094');
      assert.equal(
        answers[0]?.body.error_msg.replace(nobodys, 'id'),
        answers[1]?.body.error_msg.replace(id, 'id'),
      );
    });

    test(`${method} ${rest}: SCM.0008 for what cannot be an id`, async () => {
      for (const id of ['short', 'x'.repeat(17)])
        assertRefused(await call(bench.account(), id), 400, 'SCM.0008');
    });

    test(`${method} ${rest}: SCM.1019 without the permission, whether it exists or not`, async () => {
      const account = bench.account();
      const id = await imported(account, importBody(usual));
      for (const each of [id, nobodys])
        assertRefused(await call(account.without(action), each), 403, 'SCM.1019');
    });
  }
});

describe('export', () => {
  test('entire_certificate is certificate and certificate_chain', async () => {
    const account = bench.account();
    const id = await imported(account, { ...importBody(leaf), certificate_chain: root.certificate });
    const whole = await exported(account, id);
    assert.equal(whole.certificate, leaf.certificate);
    assert.equal(whole.certificate_chain, root.certificate);
    assert.equal(whole.entire_certificate, leaf.certificate + root.certificate);
    assert.deepEqual([whole.enc_certificate, whole.enc_private_key], [undefined, undefined]);
    const alone = await exported(account, await imported(account, importBody(usual)));
    assert.deepEqual([alone.certificate_chain, alone.entire_certificate], [null, usual.certificate]);
  });

  test('needs no body, and takes {}', async () => {
    const account = bench.account();
    const id = await imported(account, importBody(usual));
    for (const body of [undefined, {}, ''])
      assert.equal((await account.send('POST', `${certificatesPath}/${id}/export`, body)).status, 200);
  });

  test('every key that leaves is recorded', async () => {
    const account = bench.account();
    const id = await imported(account, importBody(usual));
    await exported(account, id);
    const audits = await bench.audits(account.accountId);
    assert.deepEqual(
      audits
        .filter(({ action }) => action === 'scm:cert:export')
        .map(({ resource_id, detail }) => [resource_id, detail]),
      [[id, 'with its private key']],
    );
  });

  test('of an own CSR there is no private key; of an SM one the envelope', async () => {
    const account = bench.account();
    const { accountId } = account;
    const certificate_der = Buffer.from(usual.certificate.replace(/-----.*-----|\s/g, ''), 'base64');
    const own = { status: 'ISSUED', not_after: testNowMs + dayMs, certificate_der } as const;
    const whole = await exported(account, await store(bench, accountId, own));
    assert.equal(whole.private_key, null);
    assert.ok(!('enc_private_key' in whole));
    const enc = { enc_certificate_der: certificate_der, enc_key_envelope: 'envelope' };
    const sm = await exported(account, await store(bench, accountId, { ...own, ...enc }));
    assert.deepEqual([sm.private_key, sm.enc_private_key], [null, 'envelope']);
    assert.equal(sm.enc_certificate, usual.certificate);
  });

  for (const status of certificateStatuses) {
    const isAllowed = (allowedStatuses.exportCertificate as readonly string[]).includes(status);
    test(`${status}: ${isAllowed ? 'exported' : 'SCM.0010'}`, async () => {
      const account = bench.account();
      const id = await inStatus(account.accountId, status);
      if (isAllowed) return assert.equal((await exported(account, id)).certificate, usual.certificate);
      const answer = await account.send('POST', `${certificatesPath}/${id}/export`);
      assertRefused(answer, 400, 'SCM.0010', new RegExp(status));
    });
  }

  test('SCM.0007 as 500 if the key is gone', async () => {
    const account = bench.account();
    const certificate_der = Buffer.from(usual.certificate.replace(/-----.*-----|\s/g, ''), 'base64');
    const lost = { status: 'ISSUED', not_after: testNowMs + dayMs, certificate_der, key_id: 'lost' } as const;
    const id = await store(bench, account.accountId, lost);
    assertRefused(await account.send('POST', `${certificatesPath}/${id}/export`), 500, 'SCM.0007');
  });
});

describe('deletion', () => {
  const remove = (account: ReturnType<typeof bench.account>, id: string) =>
    account.send<undefined>('DELETE', `${certificatesPath}/${id}`);

  test('answers 204 without a body; afterwards nothing is left, and the keys are destroyed', async () => {
    const account = bench.account();
    const { accountId } = account;
    const body = {
      name: 'sm-pair',
      certificate: openssl.smSignCertificate,
      private_key: openssl.smSignKey,
      enc_certificate: openssl.smEncCertificate,
      enc_private_key: openssl.smEncKey,
    };
    const id = await imported(account, body);
    const row = await rowOf(accountId, id);
    await database.transaction(async (transaction) => {
      await insertTags(transaction, { certificateId: id, accountId }, [{ key: 'a', value: 'b' }]);
      await insertNotice(transaction, { certificateId: id, accountId, occasion: 'CERT_EXPIRED', nowMs: 1 });
    });
    const answer = await remove(account, id);
    assert.deepEqual([answer.status, answer.bytes.length], [204, 0]);
    assertRefused(await account.send('GET', `${certificatesPath}/${id}`), 404, 'SCM.0094');
    assert.deepEqual(await pageOf(account), { certificates: [], total_count: 0 });
    assert.deepEqual(await tagsOf(database, id), []);
    const notice = { certificateId: id, accountId, occasion: 'CERT_EXPIRED', nowMs: 1 };
    assert.equal(await database.transaction((transaction) => insertNotice(transaction, notice)), true);
    for (const keyId of [row.key_id, row.enc_key_id])
      await assert.rejects(keyStore.exportPrivateKey(keyOwner(accountId), keyId ?? ''), PrivateKeyNotFound);
    const audits = await bench.audits(accountId);
    assert.ok(audits.some(({ action, resource_id }) => action === 'scm:cert:delete' && resource_id === id));
  });

  for (const status of certificateStatuses) {
    const isAllowed = (allowedStatuses.deleteCertificate as readonly string[]).includes(status);
    test(`${status}: ${isAllowed ? 'deleted' : 'SCM.0010'}`, async () => {
      const account = bench.account();
      const id = await inStatus(account.accountId, status);
      const answer = await account.send('DELETE', `${certificatesPath}/${id}`);
      if (isAllowed) assert.equal(answer.status, 204);
      else assertRefused(answer, 400, 'SCM.0010', new RegExp(status));
      const left = await findCertificate(database, account.accountId, id);
      assert.equal(left === undefined, isAllowed);
    });
  }

  test('copies that are deployed keep working, and are forgotten; SCM.0105 while one is being deployed anew', async () => {
    const account = bench.account();
    const { accountId } = account;
    const id = await imported(account, importBody(usual));
    const place = {
      certificate_id: id,
      account_id: accountId,
      service: 'ELB',
      project: 'cn-north-4',
      resource_id: '',
      resource_type: '',
      resource_enterprise_project_id: '0',
      resource_name: '',
      target_certificate_id: 't',
      deployed_at: 1,
    } as const;
    await database.transaction(async (transaction) => {
      await recordDeployment(transaction, place);
      await recordDeployment(transaction, { ...place, resource_id: 'listener' });
    });
    const successor = await store(bench, accountId, { status: 'ISSUED', predecessor_id: id });
    await database.transaction((transaction) =>
      scheduleRedeployment(bench.ports, transaction, { accountId, certificateId: successor }),
    );
    for (const each of [id, successor]) {
      const answer = await account.send('DELETE', `${certificatesPath}/${each}`);
      assertRefused(answer, 400, 'SCM.0105', /deployed/);
    }
    assert.equal((await deployedPlaces(database, accountId, id)).length, 2);
    assert.equal((await exported(account, id)).certificate, usual.certificate);
    const other = await imported(account, importBody(leaf));
    await database.transaction((transaction) =>
      recordDeployment(transaction, { ...place, certificate_id: other, resource_id: 'other' }),
    );
    assert.equal((await remove(account, other)).status, 204);
    assert.deepEqual(await deployedPlaces(database, accountId, other), []);
  });

  test('the records of an application go with it', async () => {
    const account = bench.account();
    const id = await store(bench, account.accountId, { status: 'UNPASSED' });
    const challenge = {
      domain: 'example.com',
      method: 'DNS',
      recordName: 'n',
      recordType: 'TXT',
      recordValue: 'v',
      isPublished: false,
    } as const;
    const { accountId } = account;
    await database.transaction((transaction) =>
      replaceValidations(transaction, { certificateId: id, accountId }, [challenge]),
    );
    assert.equal((await remove(account, id)).status, 204);
    assert.deepEqual(await listValidations(database, id), []);
  });

  test('a key that another certificate has as well is kept for it', async () => {
    const account = bench.account();
    const { accountId } = account;
    const id = await imported(account, importBody(usual));
    const { key_id } = await rowOf(accountId, id);
    const next = await store(bench, accountId, { status: 'ISSUED', key_id, not_after: testNowMs + dayMs });
    const key = () => keyStore.exportPrivateKey(keyOwner(accountId), key_id ?? '');
    assert.equal((await remove(account, id)).status, 204);
    await key();
    assert.equal((await remove(account, next)).status, 204);
    await assert.rejects(key(), PrivateKeyNotFound);
  });

  test('of a change and a deletion at the same time one is refused', async () => {
    const account = bench.account();
    const { accountId } = account;
    const id = await imported(account, importBody(usual));
    const seen = await rowOf(accountId, id);
    const identity: SslCertificatesPorts['identity'] = {
      ...bench.ports.identity,
      async authorize() {
        await database.transaction((transaction) =>
          changeCertificate(transaction, seen, { name: 'changed' }),
        );
      },
    };
    await assert.rejects(
      deleteCertificate({ ...bench.ports, identity }, account.actor, id),
      /another request/,
    );
    assert.equal((await detailsOf(account, id)).name, 'changed');
  });
});
