import assert from 'node:assert/strict';
import { createPublicKey, sign, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { describeOnEachDatabase, freshAddress } from '../../../test/support/databases.ts';
import {
  generateKeyPair,
  type KeyAlgorithm,
  parsePublicKey,
  publicKeyOfPkcs8,
  signatureAlgorithmFor,
} from '../../pki/index.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { openDatabase } from '../../platform/db/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { openMasterKey } from '../at-rest/open-master-key.ts';
import { SealBroken } from '../at-rest/sealed-box.ts';
import type { KeyOwner } from '../key-store.ts';
import { migrations } from '../migrations.ts';
import type { KeyStoreTables } from '../tables.ts';
import { createKeyStore } from './create-key-store.ts';
import { PrivateKeyNotFound } from './software-key-store.ts';

const owner: KeyOwner = { accountId: 'a'.repeat(32), purpose: 'pca' };
const masterKeyText = Buffer.from(systemRandom.bytes(32)).toString('base64');
const data = Buffer.from('to be signed');

async function startStore(database: Database, clock = new FixedClock(1_700_000_000_000)) {
  const source = { kind: 'environment', name: 'OPENCCM_MASTER_KEY', base64: masterKeyText } as const;
  const masterKey = await openMasterKey({ database, clock, random: systemRandom, source });
  return createKeyStore({ database, clock, random: systemRandom, log: silentLog, masterKey });
}

type Store = Awaited<ReturnType<typeof startStore>>;

async function generateAndSave(database: Database, store: Store, algorithm: KeyAlgorithm, of = owner) {
  const key = await store.generate(of, algorithm);
  await database.transaction((transaction) => store.save(transaction, key));
  return key;
}

/** Everything the tables hold, for searching. */
async function dump(database: Database): Promise<Buffer> {
  const tables = database.tables<KeyStoreTables>();
  const rows = [
    ...(await tables.selectFrom('kms_keys').selectAll().execute()),
    ...(await tables.selectFrom('kms_key_versions').selectAll().execute()),
    ...(await tables.selectFrom('kms_private_keys').selectAll().execute()),
    ...(await tables.selectFrom('kms_master_keys').selectAll().execute()),
  ];
  const values: Buffer[] = [];
  for (const row of rows)
    for (const value of Object.values(row))
      values.push(value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value)));
  return Buffer.concat(values);
}

test('of a destroyed key not even the wrapped form stays in the file', async () => {
  const { sqliteFile } = await freshAddress.sqlite();
  const database = await openDatabase({ sqliteFile, migrations, log: silentLog });
  const store = await startStore(database);
  const [gone, kept] = [
    await generateAndSave(database, store, 'EC256'),
    await generateAndSave(database, store, 'EC256'),
  ];
  const rows = await database.tables<KeyStoreTables>().selectFrom('kms_private_keys').selectAll().execute();
  await database.transaction((transaction) => store.destroy(transaction, owner, gone.keyId));
  // The last connection takes the write-ahead log into the file.
  await database.close();
  const file = await readFile(sqliteFile);
  for (const { key_id: keyId, wrapped_private_key: wrapped } of rows) {
    const part = Buffer.from(wrapped).subarray(60, 90);
    assert.equal(file.includes(part), keyId === kept.keyId);
  }
});

describeOnEachDatabase('software key store', migrations, (open) => {
  for (const algorithm of ['EC256', 'EC384', 'SM2', 'ED25519', 'MLDSA44', 'MLDSA65', 'MLDSA87'] as const) {
    test(`a ${algorithm} key signs before it is saved, afterwards and after a restart`, async () => {
      const database = await open();
      const store = await startStore(database);
      const key = await generateAndSave(database, store, algorithm);
      const publicKey = parsePublicKey(key.publicKeySpki);
      const signatureAlgorithm = signatureAlgorithmFor(algorithm);
      const restarted = await startStore(database);
      for (const signer of [
        key.signer,
        await store.signer(owner, key.keyId),
        await restarted.signer(owner, key.keyId),
      ]) {
        assert.deepEqual(Buffer.from(signer.publicKeySpki), Buffer.from(key.publicKeySpki));
        const signature = await signer.sign(data, signatureAlgorithm);
        assert.ok(await publicKey.verify(data, signature, signatureAlgorithm));
      }
    });
  }

  test('an RSA key is generated without a pool', async () => {
    const database = await open();
    const store = await startStore(database);
    const key = await store.generate(owner, 'RSA2048');
    const signature = await key.signer.sign(data, signatureAlgorithmFor('RSA2048'));
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKeySpki), format: 'der', type: 'spki' });
    assert.ok(verify('sha256', data, publicKey, signature));
  });

  test('gives back the private key that was brought in', async () => {
    const database = await open();
    const store = await startStore(database);
    const { privateKeyPkcs8 } = await generateKeyPair('EC256');
    const key = await store.importPrivateKey(owner, privateKeyPkcs8);
    await database.transaction((transaction) => store.save(transaction, key));
    const exported = await store.exportPrivateKey(owner, key.keyId);
    assert.deepEqual(Buffer.from(exported), Buffer.from(privateKeyPkcs8));
    assert.deepEqual(Buffer.from(publicKeyOfPkcs8(exported)), Buffer.from(key.publicKeySpki));
  });

  test('no plaintext key is in the database', async () => {
    const database = await open();
    const store = await startStore(database);
    const { privateKeyPkcs8 } = await generateKeyPair('EC256');
    const key = await store.importPrivateKey(owner, privateKeyPkcs8);
    await database.transaction((transaction) => store.save(transaction, key));
    const scalar = Buffer.from(privateKeyPkcs8).subarray(36, 68);
    const stored = await dump(database);
    assert.ok(stored.includes(Buffer.from(key.publicKeySpki)), 'the search sees the tables');
    for (const secret of [scalar, Buffer.from(masterKeyText, 'base64')]) {
      assert.ok(!stored.includes(secret));
      assert.ok(!stored.toString('latin1').toLowerCase().includes(secret.toString('hex')));
      assert.ok(!stored.toString('latin1').includes(secret.toString('base64').slice(0, 40)));
    }
    // The DER of a P-256 PKCS#8 begins with these bytes; no stored value may hold them.
    assert.ok(!stored.includes(Buffer.from(privateKeyPkcs8).subarray(0, 36)));
  });

  test('is not there before the transaction commits, and not after it fails', async () => {
    const database = await open();
    const store = await startStore(database);
    const key = await store.generate(owner, 'EC256');
    await assert.rejects(store.signer(owner, key.keyId), PrivateKeyNotFound);
    const failing = database.transaction(async (transaction) => {
      await store.save(transaction, key);
      throw new Error('the caller fails');
    });
    await assert.rejects(failing, /the caller fails/);
    await assert.rejects(store.exportPrivateKey(owner, key.keyId), PrivateKeyNotFound);
  });

  test("another account's or another purpose's key does not exist", async () => {
    const database = await open();
    const store = await startStore(database);
    const key = await generateAndSave(database, store, 'EC256');
    await store.signer(owner, key.keyId);
    for (const stranger of [
      { accountId: 'b'.repeat(32), purpose: 'pca' },
      { ...owner, purpose: 'scm' },
    ] as const) {
      await assert.rejects(store.signer(stranger, key.keyId), PrivateKeyNotFound);
      await assert.rejects(store.exportPrivateKey(stranger, key.keyId), PrivateKeyNotFound);
      const destroying = database.transaction((transaction) =>
        store.destroy(transaction, stranger, key.keyId),
      );
      await assert.rejects(destroying, PrivateKeyNotFound);
    }
    await store.signer(owner, key.keyId);
  });

  test('a destroyed key is gone from the cache and the database', async () => {
    const database = await open();
    const store = await startStore(database);
    const key = await generateAndSave(database, store, 'EC256');
    await store.signer(owner, key.keyId);
    await database.transaction((transaction) => store.destroy(transaction, owner, key.keyId));
    await assert.rejects(store.signer(owner, key.keyId), PrivateKeyNotFound);
    await assert.rejects(store.exportPrivateKey(owner, key.keyId), PrivateKeyNotFound);
    assert.ok(!(await dump(database)).includes(Buffer.from(key.publicKeySpki)));
  });

  test('a destruction that is undone leaves the key usable', async () => {
    const database = await open();
    const store = await startStore(database);
    const key = await generateAndSave(database, store, 'EC256');
    const undone = database.transaction(async (transaction) => {
      await store.destroy(transaction, owner, key.keyId);
      throw new Error('undone');
    });
    await assert.rejects(undone, /undone/);
    await store.signer(owner, key.keyId);
  });

  test('signers are cached for a bounded time', async () => {
    const database = await open();
    const clock = new FixedClock(1_700_000_000_000);
    const store = await startStore(database, clock);
    const key = await generateAndSave(database, store, 'EC256');
    const [first, concurrent] = await Promise.all([
      store.signer(owner, key.keyId),
      store.signer(owner, key.keyId),
    ]);
    assert.equal(concurrent, first);
    clock.advance(599_000);
    assert.equal(await store.signer(owner, key.keyId), first);
    clock.advance(2_000);
    assert.notEqual(await store.signer(owner, key.keyId), first);
  });

  test('each account and purpose has one default key, also when first uses race on several nodes', async () => {
    const database = await open();
    const stores = await Promise.all([startStore(database), startStore(database), startStore(database)]);
    const owners: KeyOwner[] = [
      owner,
      { ...owner, purpose: 'scm' },
      { accountId: 'b'.repeat(32), purpose: 'pca' },
    ];
    await Promise.all(
      stores.flatMap((store) =>
        owners.flatMap((of) => [
          generateAndSave(database, store, 'EC256', of),
          generateAndSave(database, store, 'EC256', of),
        ]),
      ),
    );
    const keys = await database
      .tables<KeyStoreTables>()
      .selectFrom('kms_keys')
      .select(['account_id', 'key_alias', 'key_spec', 'is_default'])
      .orderBy('account_id')
      .orderBy('key_alias')
      .execute();
    assert.deepEqual(keys, [
      { account_id: 'a'.repeat(32), key_alias: 'pca/default', key_spec: 'AES_256', is_default: 1 },
      { account_id: 'a'.repeat(32), key_alias: 'scm/default', key_spec: 'AES_256', is_default: 1 },
      { account_id: 'b'.repeat(32), key_alias: 'pca/default', key_spec: 'AES_256', is_default: 1 },
    ]);
    const rows = await database.tables<KeyStoreTables>().selectFrom('kms_private_keys').selectAll().execute();
    assert.equal(rows.length, 18);
    for (const row of rows) {
      const of = { accountId: row.account_id, purpose: row.purpose } as KeyOwner;
      const privateKey = await stores[0]!.exportPrivateKey(of, row.key_id);
      const key = { key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' } as const;
      assert.ok(sign('sha256', data, key).length > 0);
    }
  });

  test('a wrapped key that is moved to another row or changed does not open', async () => {
    const database = await open();
    const store = await startStore(database);
    const first = await generateAndSave(database, store, 'EC256');
    const second = await generateAndSave(database, store, 'EC256');
    const update = async (wrapped: Uint8Array) => {
      await database.transaction(async (transaction) => {
        await transaction
          .tables<KeyStoreTables>()
          .updateTable('kms_private_keys')
          .set({ wrapped_private_key: wrapped })
          .where('key_id', '=', second.keyId)
          .execute();
      });
    };
    const rows = await database
      .tables<KeyStoreTables>()
      .selectFrom('kms_private_keys')
      .select(['key_id', 'wrapped_private_key'])
      .execute();
    const wrappedOf = (keyId: string) => rows.find((row) => row.key_id === keyId)!.wrapped_private_key;
    await update(wrappedOf(first.keyId));
    await assert.rejects(store.exportPrivateKey(owner, second.keyId), SealBroken);
    const changed = Buffer.from(wrappedOf(second.keyId));
    changed[changed.length - 1]! ^= 1;
    await update(changed);
    await assert.rejects(store.exportPrivateKey(owner, second.keyId), SealBroken);
    await update(wrappedOf(second.keyId));
    await store.exportPrivateKey(owner, second.keyId);
  });
});
