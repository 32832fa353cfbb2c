import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  assertRefused,
  create,
  post,
  scheduleDeletion,
  subordinateBody,
} from '../authorities/authorities.fixture.ts';
import { createRoot, exportedFields, issue, openSqliteBench, path } from './certificates.fixture.ts';

const bench = await openSqliteBench();
const account = bench.account();
const id = await issue(account, await createRoot(account));
const password = 'Aa0,.+-_#';
const send = (certificateId: string, body: object) =>
  account.send('POST', `${path}/${certificateId}/export`, body);

describe('exportCertificate, request', () => {
  test('is_compressed and type are mandatory', async () => {
    assertRefused(await send(id, { type: 'OTHER' }), 400, 'PCA.00020001', /is_compressed/);
    assertRefused(await send(id, { is_compressed: false }), 400, 'PCA.00020001', /type/);
    assertRefused(await send(id, {}), 400, 'PCA.00020001');
  });

  test('flags are booleans or strings, type has any letter case, empty strings are absent', async () => {
    const terraform = { is_compressed: false, is_sm_standard: '', password: '' };
    for (const change of [
      { type: 'other' },
      { type: 'Other', is_compressed: 'false' },
      { type: 'OTHER', is_sm_standard: 'false' },
    ]) {
      const fields = await exportedFields(account, id, { ...terraform, ...change });
      assert.match(fields.private_key!, /BEGIN EC PRIVATE KEY/);
    }
    for (const is_compressed of [true, 'true']) {
      assert.equal(
        (await send(id, { type: 'iis', is_compressed })).headers['content-type'],
        'application/zip',
      );
    }
    const wrong = [
      { is_compressed: 'yes' },
      { is_compressed: 1 },
      { is_compressed: '' },
      { is_compressed: null },
      { is_sm_standard: 'maybe' },
      { type: 'JETTY' },
      { type: '' },
      { type: 7 },
    ];
    for (const change of wrong) {
      const answer = await send(id, { type: 'OTHER', is_compressed: false, ...change });
      assertRefused(answer, 400, 'PCA.00020001', new RegExp(Object.keys(change)[0]!));
    }
  });

  test('password has at most 32 characters of letters, digits and , . + - _ #', async () => {
    const longest = password.padEnd(32, 'x');
    const fields = await exportedFields(account, id, { password: longest });
    assert.ok(createPrivateKey({ key: fields.private_key!, passphrase: longest }));
    for (const wrong of [`${longest}x`, 'with space', 'a$b', '密码', 'a\n', 5]) {
      const body = { type: 'OTHER', is_compressed: false, password: wrong };
      const answer = await send(id, body);
      assertRefused(answer, 400, 'PCA.00020001', /password/);
      assert.ok(!answer.body.error_msg.includes(String(wrong)));
    }
  });

  test('only an ISSUED certificate can be exported', async () => {
    const root = await createRoot(account);
    const body = { type: 'OTHER', is_compressed: false };
    const revoked = await issue(account, root);
    await account.send('POST', `${path}/${revoked}/revoke`, {});
    assertRefused(await send(revoked, body), 403, 'PCA.00030201', /REVOKED/);
  });
});

test('a chain outlasts its CA; an envelope does not, as nobody is left to sign it', async () => {
  const late = await openSqliteBench();
  const owner = late.account();
  const root = await createRoot(owner);
  const subordinate = await create(owner, subordinateBody(root));
  const sm2Root = await createRoot(owner, 'SM2');
  const [id, sm2] = [await issue(owner, subordinate), await issue(owner, sm2Root)];
  const before = await exportedFields(owner, id);
  for (const ca of [subordinate, root, sm2Root]) await scheduleDeletion(owner, ca);
  late.clock.advance(8 * 86_400_000);
  await late.jobs.runDue();
  assertRefused(await post(owner, root, 'export'), 404, 'PCA.00030102');
  assert.deepEqual(await exportedFields(owner, id), before);
  assert.ok((await exportedFields(owner, sm2)).enc_private_key);
  const standard = { type: 'OTHER', is_compressed: false, is_sm_standard: true };
  assertRefused(
    await owner.send('POST', `${path}/${sm2}/export`, standard),
    403,
    'PCA.00030201',
    /is_sm_standard false/,
  );
  late.clock.advance(30 * 86_400_000);
  assertRefused(
    await owner.send('POST', `${path}/${id}/export`, { type: 'OTHER', is_compressed: false }),
    403,
    'PCA.00030201',
    /EXPIRED/,
  );
});
