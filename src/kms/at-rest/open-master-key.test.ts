import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { FixedClock } from '../../platform/clock.ts';
import type { Database } from '../../platform/db/database.ts';
import { systemRandom } from '../../platform/random.ts';
import { migrations } from '../migrations.ts';
import type { KeyStoreTables } from '../tables.ts';
import { AccountKeys } from './account-keys.ts';
import { MasterKeyRefused } from './master-key-refused.ts';
import type { MasterKeySource } from './master-key-source.ts';
import { openMasterKey } from './open-master-key.ts';

const clock = new FixedClock(1_700_000_000_000);
const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-master-key-'));
  folders.push(folder);
  return folder;
}

function openWith(database: Database, source: MasterKeySource) {
  return openMasterKey({ database, clock, random: systemRandom, source });
}

function fileAt(path: string, create = true): MasterKeySource {
  return { kind: 'file', path, create };
}

function variable(base64: string): MasterKeySource {
  return { kind: 'environment', name: 'OPENCCM_MASTER_KEY', base64 };
}

function newKeyText(): string {
  return Buffer.from(systemRandom.bytes(32)).toString('base64');
}

describeOnEachDatabase('master key', migrations, (open) => {
  test('is generated for the owner alone and found again', async () => {
    const database = await open();
    const folder = await newFolder();
    const path = join(folder, 'data', 'master.key');
    const first = await openWith(database, fileAt(path));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(join(folder, 'data')), ['master.key']);
    const again = await openWith(database, fileAt(path));
    assert.equal(again.id, first.id);
  });

  test('starts that race for the same file agree on one key', async () => {
    const database = await open();
    const path = join(await newFolder(), 'master.key');
    const keys = await Promise.all(Array.from({ length: 8 }, () => openWith(database, fileAt(path))));
    assert.equal(new Set(keys.map((key) => key.id)).size, 1);
  });

  test('of two nodes with keys of their own on one new database, one is refused', async () => {
    const database = await open();
    const outcomes = await Promise.allSettled([
      openWith(database, variable(newKeyText())),
      openWith(database, variable(newKeyText())),
    ]);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    assert.ok(refused?.reason instanceof MasterKeyRefused);
  });

  test('a missing file over existing data is refused, and no new one appears', async () => {
    const database = await open();
    const path = join(await newFolder(), 'master.key');
    const masterKey = await openWith(database, fileAt(path));
    await rm(path);
    await assert.rejects(openWith(database, fileAt(path)), (error) => {
      assert.ok(error instanceof MasterKeyRefused);
      assert.match(error.message, new RegExp(`${path}.* is missing.*${masterKey.id}`));
      return true;
    });
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  test('a file that was named and is not there is refused on an empty database too', async () => {
    const database = await open();
    const path = join(await newFolder(), 'named.key');
    await assert.rejects(openWith(database, fileAt(path, false)), MasterKeyRefused);
  });

  test('another key over existing data is refused, without telling either', async () => {
    const database = await open();
    const right = newKeyText();
    const wrong = newKeyText();
    await openWith(database, variable(right));
    await assert.rejects(openWith(database, variable(wrong)), (error) => {
      assert.ok(error instanceof MasterKeyRefused);
      assert.ok(!error.message.includes(right) && !error.message.includes(wrong));
      return true;
    });
    await openWith(database, variable(right));
  });

  test('the record of a master key cannot go while keys are wrapped with it', async () => {
    const database = await open();
    const masterKey = await openWith(database, variable(newKeyText()));
    const accountKeys = new AccountKeys({ database, clock, random: systemRandom, masterKey });
    await accountKeys.current({ accountId: 'a'.repeat(32), purpose: 'pca' });
    await assert.rejects(
      database.transaction(async (transaction) => {
        await transaction.tables<KeyStoreTables>().deleteFrom('kms_master_keys').execute();
      }),
      /foreign key/i,
    );
  });

  test('what is not Base64 of 32 bytes is refused and not quoted', async () => {
    const database = await open();
    for (const text of ['', 'short', 'A'.repeat(43), `${newKeyText()}x`, `!${newKeyText().slice(1)}`]) {
      await assert.rejects(openWith(database, variable(text)), (error) => {
        assert.ok(error instanceof MasterKeyRefused);
        assert.ok(text === '' || !error.message.includes(text));
        return true;
      });
    }
  });

  test('a file with a line end is read, and is not written again', async () => {
    const database = await open();
    const path = join(await newFolder(), 'master.key');
    const text = `${newKeyText()}\r\n`;
    await writeFile(path, text);
    await openWith(database, fileAt(path, false));
    assert.equal(await readFile(path, 'utf8'), text);
  });
});
