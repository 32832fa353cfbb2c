import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openDataFolder } from './data-folder.ts';
import { StartRefused } from './start-refused.ts';

let parent: string;
before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'openccm-folder-'));
});
after(() => rm(parent, { recursive: true }));

test('is made with its parents, for this user alone, and writes files as a whole', async () => {
  const folder = await openDataFolder(join(parent, 'a', 'b'));
  assert.equal((await stat(join(parent, 'a', 'b'))).mode & 0o777, 0o700);
  await folder.write('secret', 'old', 0o600);
  await folder.write('secret', 'new', 0o600);
  assert.equal(await readFile(folder.pathOf('secret'), 'utf8'), 'new');
  assert.equal((await stat(folder.pathOf('secret'))).mode & 0o777, 0o600);
  const umask = process.umask(0o077);
  await folder.write('public', 'text', 0o644);
  process.umask(umask);
  assert.equal((await stat(folder.pathOf('public'))).mode & 0o777, 0o644);
  assert.deepEqual((await readdir(join(parent, 'a', 'b'))).sort(), ['public', 'secret']);
  await openDataFolder(join(parent, 'a', 'b'));
});

test('a file that has its text already is left alone, and what is there is known', async () => {
  const folder = await openDataFolder(join(parent, 'kept'));
  await folder.write('kept', 'text', 0o600);
  const before = await stat(folder.pathOf('kept'));
  await folder.write('kept', 'text', 0o600);
  assert.equal((await stat(folder.pathOf('kept'))).ino, before.ino);
  assert.deepEqual(await folder.present(['absent', 'kept']), ['kept']);
});

test('refuses a place that cannot be written, by the name of the variable', async () => {
  await writeFile(join(parent, 'file'), '');
  for (const place of ['file/below', 'file'])
    await assert.rejects(openDataFolder(join(parent, place)), (error) => {
      assert.ok(error instanceof StartRefused);
      assert.match(error.message, /cannot be used \(ENOTDIR|cannot be used \(EEXIST|OPENCCM_DATA_DIR/);
      return true;
    });
});
