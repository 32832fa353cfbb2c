import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FileSpool } from './file-spool.ts';

const spoolsNow = () => new Set(globSync(join(tmpdir(), 'openccm-crl-*')));

async function contentsOf(spool: FileSpool): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of spool.read()) pieces.push(piece);
  return Buffer.concat(pieces);
}

test('little stays in memory, and is read as often as wanted', async () => {
  const spool = new FileSpool();
  const before = spoolsNow();
  await spool.append(Buffer.from('ab'));
  await spool.append(Buffer.from('c'));
  assert.deepEqual(spoolsNow().difference(before).size, 0);
  for (let reading = 0; reading < 2; reading++) assert.equal((await contentsOf(spool)).toString(), 'abc');
  await spool.close();
});

test('much goes to a file that only this process reaches, in order; a kill leaves an empty folder', async () => {
  const spool = new FileSpool();
  const before = spoolsNow();
  const whole = Buffer.alloc(2_500_000);
  for (let at = 0; at < whole.length; at++) whole[at] = (at * 31) & 0xff;
  for (let at = 0; at < whole.length; at += 65_000) await spool.append(whole.subarray(at, at + 65_000));
  const [folder, ...others] = spoolsNow().difference(before);
  assert.ok(folder);
  assert.deepEqual(others, []);
  assert.deepEqual(await readdir(folder), []);
  for (let reading = 0; reading < 2; reading++) assert.ok(whole.equals(await contentsOf(spool)));
  await spool.close();
  assert.equal(spoolsNow().has(folder), false);
});
