import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  type BenchUser,
  type Flat,
  openSqliteBench,
  unknownKeyId,
  unknownPrincipal,
} from '../kms.fixture.ts';
import { permissions } from '../permissions.ts';
import { type GrantOperation, grantOperations, permissionOf } from './grant.ts';

const bench = await openSqliteBench();
const unknownGrantId = '0'.repeat(64);

interface GrantFields {
  readonly operations: readonly string[];
  readonly [field: string]: unknown;
}

async function grant(issuer: BenchUser, keyId: string, to: string, fields: GrantFields): Promise<string> {
  const body = { key_id: keyId, grantee_principal: to, ...fields };
  return (await issuer.call('create-grant', body)).grant_id!;
}

const listGrants = (user: BenchUser, keyId: string) =>
  user.call<{ total: number }>('list-grants', { key_id: keyId });

/** One request for each operation of grants, with a key that it can be made with. */
async function requestsFor(
  owner: BenchUser,
  keyId: string,
): Promise<[operation: GrantOperation, body: object][]> {
  const dataKey = await owner.call('create-datakey', { key_id: keyId });
  const data = await owner.call('encrypt-data', { key_id: keyId, plain_text: 'text' });
  const plain = Buffer.alloc(32);
  const digest = createHash('sha256').update(plain).digest('hex');
  return [
    ['create-datakey', { key_id: keyId }],
    ['create-datakey-without-plaintext', { key_id: keyId }],
    [
      'encrypt-datakey',
      { key_id: keyId, plain_text: plain.toString('hex') + digest, datakey_plain_length: '32' },
    ],
    ['decrypt-datakey', { key_id: keyId, cipher_text: dataKey.cipher_text, datakey_cipher_length: '32' }],
    ['describe-key', { key_id: keyId }],
    ['encrypt-data', { key_id: keyId, plain_text: 'text' }],
    ['decrypt-data', { cipher_text: data.cipher_text }],
  ];
}

describe('create-grant', () => {
  test('answers a grant_id of 64 hexadecimal characters, and takes effect at once', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    assert.equal(await grantee.refused('describe-key', { key_id: keyId }), 'KMS.0207');
    const id = await grant(owner, keyId, grantee.userId, { operations: ['describe-key'] });
    assert.match(id, /^[0-9a-f]{64}$/);
    await grantee.call('describe-key', { key_id: keyId });
  });

  test('allows exactly its operations, to a user of another account', async () => {
    const [owner, grantee, other] = [bench.user(), bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const requests = await requestsFor(owner, keyId);
    for (const [granted] of requests) {
      const id = await grant(owner, keyId, grantee.userId, { operations: [granted] });
      for (const [operation, body] of requests) {
        const { code } = await grantee.send('POST', `kms/${operation}`, body);
        assert.equal(code, operation === granted ? '' : 'KMS.0306', `${granted}: ${operation}`);
        assert.equal(await other.refused(operation, body), 'KMS.0207');
      }
      await owner.call('revoke-grant', { key_id: keyId, grant_id: id });
    }
  });

  test('allows no operation that no grant names', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    await grant(owner, keyId, grantee.userId, { operations: ['encrypt-data', 'create-grant'] });
    for (const [operation, body] of [
      ['disable-key', {}],
      ['schedule-key-deletion', { pending_days: '7' }],
      ['update-key-alias', { key_alias: 'mine' }],
      ['list-grants', {}],
      ['enable-key-rotation', {}],
    ] as const)
      assert.equal(await grantee.refused(operation, { key_id: keyId, ...body }), 'KMS.0306', operation);
    const refusals = (await grantee.audits()).filter(({ result }) => result === 'refused');
    assert.equal(refusals.length, 5);
  });

  test('an explicit denial wins over a grant, to a user and to an account, of the own and of another key', async () => {
    const owner = bench.user();
    const keyId = await owner.createKey();
    const requests = await requestsFor(owner, keyId);
    for (const grantee of [bench.user(), owner.colleague()]) {
      const operations = requests.map(([operation]) => operation);
      await grant(owner, keyId, grantee.userId, { operations });
      await grant(owner, keyId, grantee.accountId, { operations, grantee_principal_type: 'domain' });
      for (const [operation, body] of requests) {
        await grantee.call(operation, body);
        for (const action of permissions[permissionOf[operation]])
          assert.equal(await grantee.denied(action).refused(operation, body), 'KMS.0306', action);
      }
    }
  });

  test('a grant to an account lets those of its users use it whose policies allow the operation', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const requests = await requestsFor(owner, keyId);
    const operations = requests.map(([operation]) => operation);
    await grant(owner, keyId, grantee.accountId, { operations, grantee_principal_type: 'domain' });
    for (const [operation, body] of requests) {
      const [action] = permissions[permissionOf[operation]];
      await grantee.call(operation, body);
      assert.equal(await grantee.without(action).refused(operation, body), 'KMS.0306', operation);
      await grantee.colleague().call(operation, body);
    }
  });

  test("policies do not see the enterprise project of another account's key", async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    await grant(owner, keyId, grantee.userId, { operations: ['describe-key'] });
    await grantee.call('describe-key', { key_id: keyId });
    assert.deepEqual(bench.asked.at(-1)?.conditions, {});
  });

  test('grantee_principal_type is user if it is not given; domain is for the users of an account', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const operations = ['describe-key'];
    await grant(owner, keyId, grantee.accountId, { operations });
    assert.equal(await grantee.refused('describe-key', { key_id: keyId }), 'KMS.0207');
    await grant(owner, keyId, grantee.accountId, { operations, grantee_principal_type: 'domain' });
    await grantee.call('describe-key', { key_id: keyId });
    await grantee.colleague().call('describe-key', { key_id: keyId });
    const body = { key_id: keyId, grantee_principal: 'a', operations, grantee_principal_type: 'group' };
    assert.equal(await owner.refused('create-grant', body), 'KMS.0308');
  });

  test('several grants to one user add up', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    await grant(owner, keyId, grantee.userId, { operations: ['describe-key'] });
    await grant(owner, keyId, grantee.userId, { operations: ['encrypt-data'] });
    await grantee.call('describe-key', { key_id: keyId });
    await grantee.call('encrypt-data', { key_id: keyId, plain_text: 'text' });
  });

  test('a user of the account without permission may do what a grant allows', async () => {
    const owner = bench.user();
    const keyId = await owner.createKey();
    const colleague = owner.colleague().without('kms:cmk:crypto', 'kms:cmk:encryptData');
    const body = { key_id: keyId, plain_text: 'text' };
    assert.equal(await colleague.refused('encrypt-data', body), 'KMS.0306');
    await grant(owner, keyId, colleague.userId, { operations: ['encrypt-data'] });
    await colleague.call('encrypt-data', body);
  });

  test('create-grant alone, or no operation, is KMS.2401; an unknown one KMS.0308', async () => {
    const owner = bench.user();
    const keyId = await owner.createKey();
    const body = { key_id: keyId, grantee_principal: bench.user().userId };
    const refused = (operations: unknown) => owner.refused('create-grant', { ...body, operations });
    assert.equal(await refused(['create-grant']), 'KMS.2401');
    assert.equal(await refused(['create-grant', 'create-grant']), 'KMS.2401');
    assert.equal(await refused([]), 'KMS.2401');
    assert.equal(await refused(['sign']), 'KMS.0308');
    assert.equal(await refused('describe-key'), 'KMS.0308');
    assert.equal(await refused(undefined), 'KMS.0204');
  });

  test('principals are 1 to 64 letters and digits, and exist: KMS.2402', async () => {
    const owner = bench.user();
    const keyId = await owner.createKey();
    const body = { key_id: keyId, operations: ['describe-key'], grantee_principal: owner.userId };
    for (const principal of ['', 'a-b', 'a'.repeat(65), unknownPrincipal]) {
      for (const field of ['grantee_principal', 'retiring_principal']) {
        if (principal === '' && field === 'retiring_principal') continue;
        const code = await owner.refused('create-grant', { ...body, [field]: principal });
        assert.equal(code, 'KMS.2402', `${field} ${principal}`);
      }
    }
    assert.equal(await owner.refused('create-grant', { ...body, name: 'a b' }), 'KMS.0308');
    assert.equal(await owner.refused('create-grant', { ...body, name: 'a'.repeat(256) }), 'KMS.0308');
  });

  test('the key must be enabled, and no default key', async () => {
    const owner = bench.user();
    const body = { grantee_principal: owner.userId, operations: ['describe-key'] };
    const keyId = await owner.createKey();
    await owner.call('disable-key', { key_id: keyId });
    assert.equal(await owner.refused('create-grant', { key_id: keyId, ...body }), 'KMS.0209');
    await owner.call('schedule-key-deletion', { key_id: keyId, pending_days: '7' });
    assert.equal(await owner.refused('create-grant', { key_id: keyId, ...body }), 'KMS.0210');
    const pending = await owner.createKey({ origin: 'external' });
    assert.equal(await owner.refused('create-grant', { key_id: pending, ...body }), 'KMS.1301');
    await bench.keyStore.generate({ accountId: owner.accountId, purpose: 'pca' }, 'EC256');
    const { key_details: keys } = await owner.call<{ key_details: Flat[] }>('list-keys', {});
    const ofService = keys.find(({ default_key_flag: flag }) => flag === '1');
    assert.equal(await owner.refused('create-grant', { key_id: ofService!.key_id, ...body }), 'KMS.0211');
    assert.equal(await owner.refused('create-grant', { key_id: unknownKeyId, ...body }), 'KMS.0207');
    assert.equal(await owner.refused('create-grant', { key_id: 'x', ...body }), 'KMS.0205');
    assert.equal(await owner.refused('create-grant', { key_id: keyId, ...body, sequence: 'x' }), 'KMS.0206');
  });

  test('a grantee with create-grant makes grants itself, of no operation beyond its own', async () => {
    const [owner, grantee, third] = [bench.user(), bench.user(), bench.user()];
    const keyId = await owner.createKey();
    await grant(owner, keyId, grantee.userId, { operations: ['create-grant', 'describe-key'] });
    await grant(grantee, keyId, third.userId, { operations: ['describe-key'] });
    await third.call('describe-key', { key_id: keyId });
    const body = { key_id: keyId, grantee_principal: third.userId };
    const more = { ...body, operations: ['describe-key', 'encrypt-data'] };
    assert.equal(await grantee.refused('create-grant', more), 'KMS.0306');
    assert.equal(await third.refused('create-grant', { ...body, operations: ['describe-key'] }), 'KMS.0306');
    const handedOn = { ...body, operations: ['create-grant', 'describe-key'] };
    await grantee.call('create-grant', handedOn);
    assert.equal(await grantee.denied('kms:grant:create').refused('create-grant', handedOn), 'KMS.0306');
    // What is denied to the grantee it does not hand on.
    assert.equal(await grantee.denied('kms:cmk:get').refused('create-grant', handedOn), 'KMS.0306');
    // A user of the account whom a policy allows to grant is not held to what was granted to it.
    const colleague = owner.colleague();
    await grant(owner, keyId, colleague.userId, { operations: ['create-grant', 'describe-key'] });
    await grant(colleague, keyId, third.userId, { operations: ['encrypt-data'] });
    const restricted = colleague.without('kms:grant:create');
    assert.equal(
      await restricted.refused('create-grant', { ...body, operations: ['decrypt-data'] }),
      'KMS.0306',
    );
  });
});

describe('rights that a grant gives', () => {
  test('are those of the issuer: each operation by a policy or by a grant, else 403 KMS.0306 that names it', async () => {
    const [owner, other] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const named = { key_id: keyId, grantee_principal: other.userId };
    const usable = grantOperations.filter((each) => each !== 'create-grant' && each !== 'retire-grant');
    for (const operation of usable) {
      const names: readonly string[] = permissions[permissionOf[operation]];
      for (const action of names) {
        const body = { ...named, operations: ['describe-key', operation] };
        for (const limited of [owner.denied(action), owner.without(action)]) {
          const answer = await limited.send('POST', 'kms/create-grant', body);
          assert.deepEqual([answer.status, answer.code], [403, 'KMS.0306'], action);
          assert.match(answer.message, new RegExp(`cannot grant what you do not have: ${operation} `));
        }
      }
    }
    assert.equal((await listGrants(owner, keyId)).total, 0);
    const refusals = (await owner.audits()).filter(({ result }) => result === 'refused');
    assert.ok(refusals.every(({ action, resource_id: id }) => action === 'kms:grant:create' && id === keyId));
    assert.ok(refusals.some(({ detail }) => detail?.includes('decrypt-data (kms:cmk:crypto)')));
  });

  test('a user without the right itself hands on what it has by a grant, which then ends with that grant', async () => {
    const [owner, other] = [bench.user(), bench.user()];
    const colleague = owner.colleague().without('kms:cmk:crypto');
    const keyId = await owner.createKey();
    const body = {
      key_id: keyId,
      grantee_principal: other.userId,
      operations: ['encrypt-data', 'describe-key'],
    };
    const encrypt = { key_id: keyId, plain_text: 'text' };
    assert.equal(await colleague.refused('create-grant', body), 'KMS.0306');
    const id = await grant(owner, keyId, colleague.userId, { operations: ['encrypt-data'] });
    await colleague.call('create-grant', body);
    await other.call('encrypt-data', encrypt);
    await owner.call('revoke-grant', { key_id: keyId, grant_id: id });
    assert.equal(await other.refused('encrypt-data', encrypt), 'KMS.0207');
  });

  test('whoever may not retire grants lets nobody else retire them', async () => {
    const [owner, other] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const body = { key_id: keyId, grantee_principal: other.userId };
    const denied = owner.denied('kms:grant:retire');
    const retiring = { ...body, operations: ['describe-key'], retiring_principal: other.userId };
    assert.equal(await denied.refused('create-grant', retiring), 'KMS.0306');
    const operations = ['describe-key', 'retire-grant'];
    assert.equal(await denied.refused('create-grant', { ...body, operations }), 'KMS.0306');
    assert.equal((await listGrants(owner, keyId)).total, 0);
    // Issuers retire their own grants without a policy.
    await owner.without('kms:grant:retire').call('create-grant', { ...retiring, operations });
  });
});

describe('revoke-grant', () => {
  test('answers 200 with {}; the grant has no effect any more', async () => {
    const [owner, grantee] = [bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const id = await grant(owner, keyId, grantee.userId, { operations: ['create-grant', 'describe-key'] });
    const answer = await owner.send('POST', 'kms/revoke-grant', { key_id: keyId, grant_id: id });
    assert.deepEqual([answer.status, answer.body], [200, {}]);
    assert.equal(await grantee.refused('describe-key', { key_id: keyId }), 'KMS.0207');
    assert.equal(await owner.refused('revoke-grant', { key_id: keyId, grant_id: id }), 'KMS.2501');
  });

  test('only the user that created the key may revoke, and the root user of its account', async () => {
    const root = bench.root();
    const owner = root.colleague();
    const keyId = await owner.createKey();
    const ids = [
      await grant(owner, keyId, owner.userId, { operations: ['describe-key'] }),
      await grant(owner, keyId, owner.userId, { operations: ['describe-key'] }),
      await grant(owner, keyId, owner.userId, { operations: ['describe-key'] }),
    ];
    const colleague = owner.colleague();
    assert.equal(await colleague.refused('revoke-grant', { key_id: keyId, grant_id: ids[0] }), 'KMS.0306');
    assert.ok((await owner.audits()).some(({ result }) => result === 'refused'));
    await owner.call('revoke-grant', { key_id: keyId, grant_id: ids[0] });
    const refused = await owner.without('kms:grant:revoke').refused('revoke-grant', {
      key_id: keyId,
      grant_id: ids[1],
    });
    assert.equal(refused, 'KMS.0306');
    await root.call('revoke-grant', { key_id: keyId, grant_id: ids[2] });
  });

  test('grant_id must be on the key (KMS.2502), and known and well-formed (KMS.2501)', async () => {
    const owner = bench.user();
    const [keyId, otherId] = [await owner.createKey(), await owner.createKey()];
    const id = await grant(owner, otherId, owner.userId, { operations: ['describe-key'] });
    const foreign = bench.user();
    const foreignId = await grant(foreign, await foreign.createKey(), owner.userId, {
      operations: ['encrypt-data'],
    });
    for (const operation of ['revoke-grant', 'retire-grant']) {
      const refused = (grantId: string, of = keyId) =>
        owner.refused(operation, { key_id: of, grant_id: grantId });
      assert.equal(await refused(id), 'KMS.2502', operation);
      assert.equal(await refused(unknownGrantId), 'KMS.2501', operation);
      assert.equal(await refused(foreignId), 'KMS.2501', operation);
      assert.equal(await refused('x'), 'KMS.2501', operation);
      assert.equal(await refused(id, unknownKeyId), 'KMS.0207', operation);
      assert.equal(await refused(id, 'x'), 'KMS.0205', operation);
      assert.equal(await owner.refused(operation, { key_id: keyId }), 'KMS.0204', operation);
    }
  });
});

describe('retire-grant', () => {
  test('by the user that made it, by retiring_principal, and by the grantee with retire-grant', async () => {
    const [owner, grantee, retirer] = [bench.user(), bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const operations = ['describe-key', 'retire-grant'];
    for (const who of [owner, grantee, retirer]) {
      const fields = { operations, retiring_principal: retirer.userId };
      const id = await grant(owner, keyId, grantee.userId, fields);
      const answer = await who.send('POST', 'kms/retire-grant', { key_id: keyId, grant_id: id });
      assert.deepEqual([answer.status, answer.body], [200, {}]);
      assert.equal((await listGrants(owner, keyId)).total, 0);
    }
  });

  test('others may not: 403 KMS.0306, or an unknown key if they have nothing to do with it', async () => {
    const [owner, grantee, stranger] = [bench.user(), bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const id = await grant(owner, keyId, grantee.userId, { operations: ['describe-key'] });
    const body = { key_id: keyId, grant_id: id };
    assert.equal(await grantee.refused('retire-grant', body), 'KMS.0306');
    assert.equal(await owner.colleague().refused('retire-grant', body), 'KMS.0306');
    assert.equal(await stranger.refused('retire-grant', body), 'KMS.0207');
    assert.equal((await listGrants(owner, keyId)).total, 1);
  });

  test('an explicit denial wins over every reason to retire; in an account its policies decide', async () => {
    const [owner, grantee, retirer] = [bench.user(), bench.user(), bench.user()];
    const keyId = await owner.createKey();
    const fields = { operations: ['describe-key', 'retire-grant'], retiring_principal: retirer.userId };
    const id = await grant(owner, keyId, grantee.userId, fields);
    const ofAccount = { ...fields, grantee_principal_type: 'domain' };
    const accountId = await grant(owner, keyId, grantee.accountId, ofAccount);
    for (const who of [owner, grantee, retirer])
      for (const grantId of [id, accountId]) {
        const body = { key_id: keyId, grant_id: grantId };
        assert.equal(await who.denied('kms:grant:retire').refused('retire-grant', body), 'KMS.0306');
      }
    const colleague = grantee.colleague();
    const body = { key_id: keyId, grant_id: accountId };
    assert.equal(await colleague.without('kms:grant:retire').refused('retire-grant', body), 'KMS.0306');
    await colleague.call('retire-grant', body);
    await grantee.without('kms:grant:retire').call('retire-grant', { ...body, grant_id: id });
  });
});
