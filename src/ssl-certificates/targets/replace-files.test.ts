import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { completePair, readPair, removePair, replaceFile, replacePair } from './replace-files.ts';
import { temporaryFolder } from './targets.fixture.ts';

const before = { certificate: 'old certificate', key: 'old key' };
const after = { certificate: 'new certificate', key: 'new key' };

async function pairIn(folder: string, name: string) {
  const inside = join(folder, name);
  await mkdir(inside);
  const files = { certificate_file: join(inside, 'site.crt'), key_file: join(inside, 'site.key') };
  await replacePair(files, before);
  return { inside, files };
}

test('a pair is replaced, the key for its owner alone, and nothing else is left', async () => {
  const { inside, files } = await pairIn(await temporaryFolder(), 'pair');
  await chmod(files.key_file, 0o644);
  await replacePair(files, after);
  assert.deepEqual(await readPair(files), after);
  assert.equal((await stat(files.key_file)).mode & 0o777, 0o600);
  assert.equal((await stat(files.certificate_file)).mode & 0o777, 0o644);
  assert.deepEqual((await readdir(inside)).sort(), ['site.crt', 'site.key']);
});

// What replacePair has done when it is cut short, step by step.
const newKey = (files: { key_file: string }) => `${files.key_file}.openccm-new`;
const newCertificate = (files: { certificate_file: string }) => `${files.certificate_file}.openccm-new`;
type Files = { certificate_file: string; key_file: string };
const steps: readonly (readonly [name: string, step: (files: Files) => Promise<unknown>])[] = [
  ['half of the key', (files) => writeFile(newKey(files), 'new')],
  ['the key', (files) => writeFile(newKey(files), after.key)],
  ['half of the certificate', (files) => writeFile(newCertificate(files), 'new')],
  ['the certificate', (files) => writeFile(newCertificate(files), after.certificate)],
  ['the key in place', (files) => rename(newKey(files), files.key_file)],
  ['the certificate in place', (files) => rename(newCertificate(files), files.certificate_file)],
];

for (const [index, [name]] of steps.entries())
  test(`after a crash with ${name} written, the old pair or the new one is whole`, async () => {
    const { inside, files } = await pairIn(await temporaryFolder(), 'crash');
    for (const [, step] of steps.slice(0, index + 1)) await step(files);
    await completePair(files);
    await completePair(files);
    assert.deepEqual(await readPair(files), index < 4 ? before : after);
    assert.deepEqual((await readdir(inside)).sort(), ['site.crt', 'site.key']);
  });

test('a pair that cannot be written stays as it was', async () => {
  const { inside, files } = await pairIn(await temporaryFolder(), 'full');
  await mkdir(`${files.certificate_file}.openccm-new`);
  await assert.rejects(replacePair(files, after));
  assert.deepEqual(
    [await readPair(files), (await readdir(inside)).includes('site.key.openccm-new')],
    [before, false],
  );
});

test('a pair that was not there is removed; half a pair is none', async () => {
  const { files } = await pairIn(await temporaryFolder(), 'gone');
  await removePair(files);
  assert.equal(await readPair(files), undefined);
  await replaceFile(files.key_file, 'key', 0o600);
  assert.equal(await readPair(files), undefined);
});
