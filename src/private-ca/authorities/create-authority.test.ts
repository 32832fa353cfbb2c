import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { knownProject, openSqliteBench } from '../private-ca.fixture.ts';
import type { PrivateCaTables } from '../tables.ts';
import {
  assertCreationRefused,
  assertDone,
  assertRefused,
  certificateOf,
  create,
  details,
  path,
  pendingBody,
  post,
  rootBody,
  subject,
  subordinateBody,
  usedQuota,
  without,
} from './authorities.fixture.ts';

const bench = await openSqliteBench({ CERTIFICATE_AUTHORITY: 30, CERTIFICATE: 10 });
const refused = assertCreationRefused.bind(null, bench);

describe('there are three ways: a root CA, a subordinate CA activated at once, one without activation', () => {
  test('[terraform] a root CA and a subordinate CA created with all parameters are ACTIVED right after the call', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const childId = await create(account, subordinateBody(rootId));
    const [root, child] = [await details(account, rootId), await details(account, childId)];
    assert.deepEqual(
      [root.type, root.status, child.type, child.status],
      ['ROOT', 'ACTIVED', 'SUBORDINATE', 'ACTIVED'],
    );
    assert.deepEqual([child.issuer_id, child.issuer_name], [rootId, 'Test CA']);
  });

  test('the certificates form a chain that verifies, with the extensions of a CA', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const childId = await create(account, { ...subordinateBody(rootId), path_length: 2 });
    const root = await certificateOf(account, rootId);
    const child = await certificateOf(account, childId);
    assert.ok(root.x509.verify(root.x509.publicKey));
    assert.ok(child.x509.verify(root.x509.publicKey));
    assert.ok(child.x509.checkIssued(root.x509));
    assert.deepEqual(root.parsed.known.basicConstraints, { ca: true, pathLength: undefined });
    assert.deepEqual(child.parsed.known.basicConstraints, { ca: true, pathLength: 2 });
    const usages = ['digitalSignature', 'keyCertSign', 'cRLSign'];
    assert.deepEqual([root.parsed.known.keyUsage, child.parsed.known.keyUsage], [usages, usages]);
    assert.deepEqual(
      child.parsed.known.authorityKeyIdentifier?.keyIdentifier,
      root.parsed.known.subjectKeyIdentifier,
    );
    assert.equal(child.x509.subject, 'CN=Test CA\nC=CN\nST=Sichuan\nL=Chengdu\nO=Example\nOU=PKI');
    assert.equal(child.parsed.serialNumber.toString(), (await details(account, childId)).serial_number);
  });

  test('the serial number is recorded with its issuer, the creation in the audit trail and in the quota', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const childId = await create(account, subordinateBody(rootId));
    const serials = await bench.database
      .tables<PrivateCaTables>()
      .selectFrom('issued_serials')
      .select(['subject_id', 'kind', 'serial_number'])
      .where('issuer_id', '=', rootId)
      .execute();
    assert.deepEqual(
      new Set(serials.map((row) => `${row.kind} ${row.subject_id} ${row.serial_number}`)),
      new Set([
        `ca ${rootId} ${(await details(account, rootId)).serial_number}`,
        `ca ${childId} ${(await details(account, childId)).serial_number}`,
      ]),
    );
    assert.deepEqual(
      (await account.audits()).map((event) => `${event.action} ${event.resource_id}`),
      [`pca:ca:create ${rootId}`, `pca:ca:create ${childId}`],
    );
    assert.equal(await usedQuota(account), 2);
  });
});

describe('type, distinguished_name (all six attributes) and key_algorithm are always mandatory', () => {
  const mandatory = [
    ['type', 'PCA.00020202'],
    ['distinguished_name', 'PCA.00020101'],
    ['key_algorithm', 'PCA.00020102'],
  ] as const;
  for (const [field, code] of mandatory) {
    test(`${field} is missing`, () =>
      refused(without(rootBody, field), 400, code, new RegExp(`${field} is mandatory`)));
  }

  for (const attribute of Object.keys(subject)) {
    test(`${attribute} is missing, or empty, which means the same`, async () => {
      const field = new RegExp(`distinguished_name\\.${attribute}`);
      const missing = { ...rootBody, distinguished_name: without(subject, attribute) };
      await refused(missing, 400, 'PCA.00020101', field);
      const empty = { ...rootBody, distinguished_name: { ...subject, [attribute]: '' } };
      await refused(empty, 400, 'PCA.00020101', field);
    });
  }

  test('a body is mandatory, and has to be an object', async () => {
    await refused(undefined, 400, 'PCA.00020001');
    await refused('null', 400, 'PCA.00020001');
    await refused('[]', 400, 'PCA.00020001');
    await refused('{', 400, 'PCA.00020001');
  });

  test('type is ROOT or SUBORDINATE', () =>
    refused({ ...rootBody, type: 'LEAF' }, 400, 'PCA.00020202', /ROOT/));
});

describe('root CA: validity and signature_algorithm are mandatory; issuer_id is not needed (self-signed, no parent CA)', () => {
  test('validity is missing', () => refused(without(rootBody, 'validity'), 400, 'PCA.00020109', /validity/));

  test('signature_algorithm is missing', () =>
    refused(without(rootBody, 'signature_algorithm'), 400, 'PCA.00020103', /signature_algorithm/));

  test('an issuer_id is ignored, the CA is self-signed', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, issuer_id: '00000000-0000-0000-0000-000000000000' });
    const { x509 } = await certificateOf(account, caId);
    assert.equal(x509.issuer, x509.subject);
    const ca = await details(account, caId);
    assert.deepEqual([ca.issuer_id, ca.issuer_name], [null, null]);
  });

  test('path_length is not required and not limited ([sdk] the parameter is ignored); 7 stands for that', async () => {
    const account = bench.account();
    const caId = await create(account, { ...rootBody, path_length: 1 });
    assert.equal((await details(account, caId)).path_length, 7);
    const { parsed } = await certificateOf(account, caId);
    assert.equal(parsed.known.basicConstraints?.pathLength, undefined);
  });
});

describe('[sdk] a subordinate CA is created without activation when any one of issuer_id, signature_algorithm and validity is missing', () => {
  for (const field of ['issuer_id', 'signature_algorithm', 'validity']) {
    test(`without ${field} it is PENDING, and what else was given for activation is ignored`, async () => {
      const account = bench.account();
      const rootId = await create(account);
      const body = { ...subordinateBody(rootId), path_length: 3 };
      const ca = await details(account, await create(account, without(body, field)));
      const { issuer_id, issuer_name, serial_number, signature_algorithm, not_before, not_after } = ca;
      assert.equal(ca.status, 'PENDING');
      assert.equal(ca.path_length, 0);
      assert.deepEqual(
        [issuer_id, issuer_name, serial_number, signature_algorithm, not_before, not_after],
        [null, null, null, null, null, null],
      );
      assert.deepEqual(ca.distinguished_name, subject);
    });
  }

  test('an ignored issuer need not exist', async () => {
    const account = bench.account();
    const issuer_id = '00000000-0000-0000-0000-000000000000';
    assert.equal(
      (await details(account, await create(account, { ...pendingBody, issuer_id }))).status,
      'PENDING',
    );
  });
});

describe('subordinate CA activated at once: path_length is customizable, 0 to 6, default 0', () => {
  test('the default is 0', async () => {
    const account = bench.account();
    const caId = await create(account, subordinateBody(await create(account)));
    assert.equal((await details(account, caId)).path_length, 0);
    assert.equal((await certificateOf(account, caId)).parsed.known.basicConstraints?.pathLength, 0);
  });

  test('6 is the most', async () => {
    const account = bench.account();
    const caId = await create(account, { ...subordinateBody(await create(account)), path_length: 6 });
    assert.equal((await details(account, caId)).path_length, 6);
  });

  for (const pathLength of [-1, 7, 1.5, '1']) {
    test(`${JSON.stringify(pathLength)} is refused`, () =>
      refused({ ...pendingBody, path_length: pathLength }, 400, 'PCA.00020203', /path_length/));
  }

  test("it is less than the issuer's", async () => {
    const account = bench.account();
    const upper = await create(account, { ...subordinateBody(await create(account)), path_length: 2 });
    const body = { ...subordinateBody(upper), path_length: 2 };
    assertRefused(await account.send('POST', path, body), 400, 'PCA.00020203', /use at most 1/);
    const lower = await create(account, { ...body, path_length: 1 });
    const lowest = await create(account, subordinateBody(lower));
    const below = await account.send('POST', path, subordinateBody(lowest));
    assertRefused(below, 400, 'PCA.00020203', /no CA below it/);
  });
});

describe('[A.2.2] the issuing CA must exist (404 PCA.00030103) and be ACTIVED', () => {
  test('it does not exist', () =>
    refused(subordinateBody('00000000-0000-0000-0000-000000000000'), 404, 'PCA.00030103', /issuer_id/));

  test("another account's does not exist", async () =>
    refused(subordinateBody(await create(bench.account())), 404, 'PCA.00030103'));

  test('it is not an id', () => refused(subordinateBody('the-root'), 400, 'PCA.00020201', /issuer_id/));

  test('it is DISABLED', async () => {
    const account = bench.account();
    const rootId = await create(account);
    assertDone(await post(account, rootId, 'disable'));
    const answer = await account.send('POST', path, subordinateBody(rootId));
    assertRefused(answer, 403, 'PCA.00030201', /DISABLED; it has to be ACTIVED/);
  });

  test('it is PENDING', async () => {
    const account = bench.account();
    const answer = await account.send('POST', path, subordinateBody(await create(account, pendingBody)));
    assertRefused(answer, 403, 'PCA.00030201', /PENDING/);
  });

  test('it is frozen', async () => {
    const account = bench.account();
    const rootId = await create(account);
    await bench.database.transaction((transaction) =>
      transaction
        .tables<PrivateCaTables>()
        .updateTable('certificate_authorities')
        .set({ freeze_flag: 1 })
        .where('ca_id', '=', rootId)
        .execute(),
    );
    assertRefused(await account.send('POST', path, subordinateBody(rootId)), 403, 'PCA.00030202');
  });

  test('its key usage has to permit it: keyCertSign', async () => {
    const account = bench.account();
    const body = { ...subordinateBody(await create(account)), path_length: 1, key_usages: ['cRLSign'] };
    const answer = await account.send('POST', path, subordinateBody(await create(account, body)));
    assertRefused(answer, 400, 'PCA.00020001', /issuer_id.*keyCertSign/);
  });

  test('an id in upper case is the same id', async () => {
    const account = bench.account();
    const rootId = await create(account);
    const ca = await details(account, await create(account, subordinateBody(rootId.toUpperCase())));
    assert.equal(ca.issuer_id, rootId);
  });
});

test('who lacks the permission is refused (401 PCA.00010004)', async () => {
  const answer = await bench.account().without('pca:ca:create').send('POST', path, rootBody);
  assertRefused(answer, 401, 'PCA.00010004', /pca:ca:create/);
});

test('who may create CAs in one enterprise project only does not stand them below a CA of another', async () => {
  const account = bench.account();
  const foreign = await create(account);
  const inProject = { enterprise_project_id: knownProject };
  const own = await create(account, { ...rootBody, ...inProject });
  const member = account.without('pca:ca:create@0');
  const refusal = await member.send('POST', path, { ...subordinateBody(foreign), ...inProject });
  assertRefused(refusal, 401, 'PCA.00010004', /pca:ca:create/);
  await create(member, { ...subordinateBody(own), ...inProject });
});
