import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { migrations } from '../migrations.ts';
import { createTokenInMemory } from '../providers/pkcs11/token.fixture.ts';
import { TokenUnavailable } from '../providers/pkcs11/token.ts';
import type { KeyStoreTables } from '../tables.ts';
import { MasterKeyRefused } from './master-key-refused.ts';
import type { MasterKeySource } from './master-key-source.ts';
import { openMasterKey } from './open-master-key.ts';
import { type RotateMasterKeyPorts, rotateMasterKey } from './rotate-master-key.ts';
import { SealBroken } from './sealed-box.ts';
import { createSecretWrapper } from './secret-wrapper.ts';

const random = systemRandom;
const folders: string[] = [];
const secret = Buffer.from('an access key secret');

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-rotate-'));
  folders.push(folder);
  return join(folder, 'master.key');
}

/** A node that serves: it opened the master key at its start and is never started again. */
async function startNode(database: Database, source: MasterKeySource) {
  const clock = new FixedClock(1_700_000_000_000);
  const masterKey = await openMasterKey({ database, clock, random, source });
  return { masterKey, secrets: createSecretWrapper({ database, clock, random, masterKey }) };
}

function rotate(database: Database, source: MasterKeySource, changes: Partial<RotateMasterKeyPorts> = {}) {
  const clock = new FixedClock(1_700_000_000_000);
  const sleep = async (ms: number) => clock.advance(ms);
  return rotateMasterKey({ database, clock, random, log: silentLog, source, sleep, ...changes });
}

const masterKeyIds = async (database: Database) =>
  (await database.tables<KeyStoreTables>().selectFrom('kms_master_keys').selectAll().execute()).map(
    ({ role, master_key_id: id, sealed_with_other: sealed }) => ({ role, id, isSealed: sealed !== null }),
  );

class Crash extends Error {}

/** A database where something happens in front of its nth transaction. */
function beforeTransaction(database: Database, nth: number, happens: () => Promise<void>): Database {
  let count = 0;
  return {
    engine: database.engine,
    tables: () => database.tables(),
    probe: () => database.probe(),
    checkIntegrity: () => database.checkIntegrity(),
    close: () => database.close(),
    async transaction(work) {
      count += 1;
      if (count === nth) await happens();
      return await database.transaction(work);
    },
  };
}

function dyingAt(database: Database, nth: number): Database {
  return beforeTransaction(database, nth, () => Promise.reject(new Crash()));
}

describeOnEachDatabase('change of the master key', migrations, (open) => {
  test('everything is wrapped anew, the file holds the new key, and nothing opens with the old one', async () => {
    const database = await open();
    const source = { kind: 'file', path: await newPath(), create: true } as const;
    const node = await startNode(database, source);
    const oldId = node.masterKey.id;
    const wrapped = await node.secrets.wrap(secret, 'row');
    const oldText = await readFile(source.path, 'utf8');

    const rotation = await rotate(database, source);
    assert.deepEqual({ oldId: rotation.oldId, rewrapped: rotation.rewrapped }, { oldId, rewrapped: 1 });
    assert.notEqual(rotation.newId, oldId);
    assert.deepEqual(await masterKeyIds(database), [
      { role: 'current', id: rotation.newId, isSealed: false },
    ]);
    assert.equal((await stat(source.path)).mode & 0o777, 0o600);
    const restarted = await startNode(database, source);
    assert.equal(restarted.masterKey.id, rotation.newId);
    assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped, 'row')), secret);

    await writeFile(source.path, oldText);
    await assert.rejects(startNode(database, source), MasterKeyRefused);
  });

  test('nodes that serve meanwhile read and write before, between and afterwards', async () => {
    const database = await open();
    const source = { kind: 'file', path: await newPath(), create: true } as const;
    const node = await startNode(database, source);
    const before = await node.secrets.wrap(secret, 'row');
    const clock = new FixedClock(1_700_000_000_000);
    let during: Uint8Array | undefined;
    await rotate(database, source, {
      clock,
      sleep: async (ms) => {
        await node.masterKey.refresh();
        // A key made just now: of an account that has none yet.
        const later = await startNode(database, source);
        during = await later.secrets.wrap(secret, 'row');
        clock.advance(ms);
      },
    });
    await node.masterKey.refresh();
    const restarted = await startNode(database, source);
    for (const wrapped of [before, during!]) {
      assert.deepEqual(Buffer.from(await node.secrets.unwrap(wrapped, 'row')), secret);
      assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped, 'row')), secret);
    }
    assert.equal(node.masterKey.id, restarted.masterKey.id);
  });

  test('a run that dies anywhere leaves a database that opens, and the next run ends it', async () => {
    for (let nth = 1; nth <= 3; nth += 1) {
      const database = await open();
      const source = { kind: 'file', path: await newPath(), create: true } as const;
      const wrapped = await (await startNode(database, source)).secrets.wrap(secret, 'row');
      const oldText = await readFile(source.path, 'utf8');
      await assert.rejects(rotate(dyingAt(database, nth), source), Crash);
      assert.deepEqual(
        Buffer.from(await (await startNode(database, source)).secrets.unwrap(wrapped, 'row')),
        secret,
      );
      // The file may be restored from before the change as long as that is not over.
      const newText = await readFile(source.path, 'utf8');
      await writeFile(source.path, oldText);
      await startNode(database, source);
      if (nth === 2) await writeFile(source.path, newText);
      const before = await masterKeyIds(database);
      const { newId } = await rotate(database, source);
      if (nth > 1) assert.ok(before.some(({ id }) => id === newId));
      assert.equal((await masterKeyIds(database)).length, 1);
      const restarted = await startNode(database, source);
      assert.equal(restarted.masterKey.id, newId);
      assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped, 'row')), secret);
    }
  });

  test('a node that slept through the change says what it needs', async () => {
    const database = await open();
    const source = { kind: 'file', path: await newPath(), create: true } as const;
    const node = await startNode(database, source);
    const { newId } = await rotate(database, source);
    await assert.rejects(node.secrets.wrap(secret, 'row'), (error) => {
      assert.ok(error instanceof SealBroken);
      return String(error.cause).includes(newId);
    });
  });

  test('what a slow node wraps with the old key at the last moment is not lost', async () => {
    const database = await open();
    const source = { kind: 'file', path: await newPath(), create: true } as const;
    const node = await startNode(database, source);
    const stale = await node.masterKey.newest();
    node.masterKey.newest = async () => stale;
    let wrapped: Uint8Array | undefined;
    // The second transaction is the one that gives up the old key, for there was nothing to wrap anew.
    const slow = beforeTransaction(database, 2, async () => {
      wrapped = await node.secrets.wrap(secret, 'row');
    });
    const { rewrapped } = await rotate(slow, source);
    assert.equal(rewrapped, 1);
    const restarted = await startNode(database, source);
    assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped!, 'row')), secret);
  });

  test('a key in a variable is handed over in a new file', async () => {
    const database = await open();
    const base64 = Buffer.from(random.bytes(32)).toString('base64');
    const source = { kind: 'environment', name: 'OPENCCM_MASTER_KEY', base64 } as const;
    const wrapped = await (await startNode(database, source)).secrets.wrap(secret, 'row');
    await assert.rejects(rotate(database, source), /name a file for the new key/);
    const newKeyFile = await newPath();
    await writeFile(newKeyFile, 'taken');
    await assert.rejects(rotate(database, source, { newKeyFile }), MasterKeyRefused);
    await rm(newKeyFile);
    await rotate(database, source, { newKeyFile });
    const renewed = { ...source, base64: await readFile(newKeyFile, 'utf8') };
    assert.deepEqual(
      Buffer.from(await (await startNode(database, renewed)).secrets.unwrap(wrapped, 'row')),
      secret,
    );
    await assert.rejects(startNode(database, source), MasterKeyRefused);
  });

  test('a source that is not of this database changes nothing', async () => {
    const database = await open();
    const source = { kind: 'file', path: await newPath(), create: true } as const;
    await startNode(database, source);
    const before = await masterKeyIds(database);
    const missing = { ...source, path: await newPath() };
    await assert.rejects(rotate(database, missing), MasterKeyRefused);
    await writeFile(missing.path, Buffer.from(random.bytes(32)).toString('base64'));
    await assert.rejects(rotate(database, missing), MasterKeyRefused);
    assert.deepEqual(await masterKeyIds(database), before);
  });
});

describeOnEachDatabase('master key in a token', migrations, (open) => {
  test('the file opens with the token alone, which is asked at every start', async () => {
    const database = await open();
    const token = createTokenInMemory();
    const source = { kind: 'token', path: await newPath(), create: true, token } as const;
    const node = await startNode(database, source);
    const wrapped = await node.secrets.wrap(secret, 'row');
    assert.match(await readFile(source.path, 'utf8'), /^openccm-hsm-1:cluster-1:master-key-/);
    const restarted = await startNode(database, source);
    assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped, 'row')), secret);
    token.setAvailable(false);
    await assert.rejects(startNode(database, source), TokenUnavailable);
    token.setAvailable(true);
    await startNode(database, source);
    await assert.rejects(
      startNode(database, { kind: 'file', path: source.path, create: true }),
      /sealed by an HSM, which must be configured/,
    );
    await assert.rejects(
      startNode(database, { ...source, token: createTokenInMemory('cluster-2') }),
      /sealed by HSM cluster cluster-1, but cluster-2 is configured/,
    );
    await assert.rejects(startNode(database, { ...source, token: createTokenInMemory() }), MasterKeyRefused);
  });

  test('what is no sealed key, or was changed, is refused', async () => {
    const database = await open();
    const token = createTokenInMemory();
    const source = { kind: 'token', path: await newPath(), create: true, token } as const;
    await startNode(database, source);
    const text = (await readFile(source.path, 'utf8')).trim();
    const at = text.lastIndexOf(':') + 1;
    // Never the character that stands there already.
    const changed = (place: number) =>
      `${text.slice(0, place)}${text[place] === 'A' ? 'B' : 'A'}${text.slice(place + 1)}`;
    for (const broken of [
      '',
      'openccm-hsm-1:cluster-1',
      text.slice(0, -12),
      changed(at),
      changed(at + 40),
      changed(text.length - 1),
    ]) {
      await writeFile(source.path, broken);
      await assert.rejects(startNode(database, source), MasterKeyRefused, broken);
    }
  });

  test('it is changed like any other', async () => {
    const database = await open();
    const token = createTokenInMemory();
    const source = { kind: 'token', path: await newPath(), create: true, token } as const;
    const wrapped = await (await startNode(database, source)).secrets.wrap(secret, 'row');
    const oldText = await readFile(source.path, 'utf8');
    await rotate(database, source);
    assert.notEqual(await readFile(source.path, 'utf8'), oldText);
    const restarted = await startNode(database, source);
    assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped, 'row')), secret);
  });

  test('a plain file is sealed by changing the key', async () => {
    const database = await open();
    const plain = { kind: 'file', path: await newPath(), create: true } as const;
    const wrapped = await (await startNode(database, plain)).secrets.wrap(secret, 'row');
    const sealed = { ...plain, kind: 'token', token: createTokenInMemory() } as const;
    await assert.rejects(startNode(database, sealed), MasterKeyRefused);
    await rotate(database, sealed);
    assert.match(await readFile(plain.path, 'utf8'), /^openccm-hsm-1:/);
    const restarted = await startNode(database, sealed);
    assert.deepEqual(Buffer.from(await restarted.secrets.unwrap(wrapped, 'row')), secret);
  });
});
