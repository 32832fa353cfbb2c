import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Value } from 'typebox/value';
import { StartRefused } from '../platform/start-refused.ts';
import { readSecret, secretSetting } from './secret-setting.ts';

describe('a secret of the configuration', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openccm-secret-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('is the text itself or the contents of a file, without the last line break', async () => {
    const file = join(folder, 'secret');
    await writeFile(file, ' s3cret \n');
    assert.equal(readSecret('plain'), 'plain');
    assert.equal(readSecret({ file }), ' s3cret ');
  });

  it('stops the start where its file is missing or empty', async () => {
    const empty = join(folder, 'empty');
    await writeFile(empty, '\n');
    for (const file of [empty, join(folder, 'absent')])
      assert.throws(() => readSecret({ file }), StartRefused);
  });

  it('is nothing else', () => {
    for (const value of ['', {}, { file: '' }, { file: 'a', text: 'b' }, 5, null])
      assert.equal(Value.Check(secretSetting, value), false, JSON.stringify(value));
    for (const value of ['a', { file: 'a' }]) assert.equal(Value.Check(secretSetting, value), true);
  });
});
