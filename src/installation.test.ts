import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { CreatedAccount, Iam } from './iam/index.ts';
import { bootstrapInstallation } from './installation.ts';
import { readConfig } from './platform/config.ts';
import { type DataFolder, openDataFolder } from './platform/data-folder.ts';
import { StartRefused } from './platform/start-refused.ts';

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

class Killed extends Error {}

/** Identity as far as the start of an installation needs it; `committed` is what its database would hold. */
class FirstAccounts implements Pick<Iam, 'bootstrap' | 'principalExists'> {
  readonly committed: CreatedAccount[] = [];
  #made = 0;
  killed: 'before the commit' | 'after the commit' | undefined;

  bootstrap: Iam['bootstrap'] = async (_first, keep) => {
    if (this.committed.length > 0) return undefined;
    this.#made += 1;
    const created = createdAccount(`account-${this.#made}`);
    await keep?.(created);
    if (this.killed === 'before the commit') throw new Killed();
    this.committed.push(created);
    if (this.killed === 'after the commit') throw new Killed();
    return created;
  };

  principalExists: Iam['principalExists'] = async (_type, id) =>
    this.committed.some(({ accountId }) => accountId === id);
}

function createdAccount(accountId: string): CreatedAccount {
  return {
    accountId,
    accountName: 'acme',
    userId: 'user',
    userName: 'admin',
    password: `password of ${accountId}`,
    projectId: 'project',
    projectName: 'cn-north-4',
    accessKey: 'AK',
    secretKey: 'SK',
  };
}

async function newFolder(): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), 'openccm-installation-'));
  folders.push(path);
  return openDataFolder(path);
}

const config = readConfig({});
const files = (folder: DataFolder) => readdir(folder.pathOf('.'));

async function passwordInFile(folder: DataFolder): Promise<string> {
  const path = folder.pathOf('bootstrap.json');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  return JSON.parse(await readFile(path, 'utf8')).password;
}

describe('the credentials of the first account', () => {
  test('are written at the first start only', async () => {
    const folder = await newFolder();
    const iam = new FirstAccounts();
    assert.equal((await bootstrapInstallation(config, folder, iam))?.accountId, 'account-1');
    assert.equal(await passwordInFile(folder), 'password of account-1');
    await rm(folder.pathOf('bootstrap.json'));
    assert.equal(await bootstrapInstallation(config, folder, iam), undefined);
    assert.deepEqual(await files(folder), []);
  });

  test('are found by the next start if the first was killed after the commit', async () => {
    const folder = await newFolder();
    const iam = new FirstAccounts();
    iam.killed = 'after the commit';
    await assert.rejects(bootstrapInstallation(config, folder, iam), Killed);
    assert.equal(await bootstrapInstallation(config, folder, iam), undefined);
    assert.equal(await passwordInFile(folder), 'password of account-1');
    assert.deepEqual(await files(folder), ['bootstrap.json']);
  });

  test('are made anew by the next start if the first was killed before the commit', async () => {
    const folder = await newFolder();
    const iam = new FirstAccounts();
    iam.killed = 'before the commit';
    await assert.rejects(bootstrapInstallation(config, folder, iam), Killed);
    iam.killed = undefined;
    assert.equal((await bootstrapInstallation(config, folder, iam))?.accountId, 'account-2');
    assert.equal(await passwordInFile(folder), 'password of account-2');
    assert.deepEqual(await files(folder), ['bootstrap.json']);
  });

  test('are not kept where another node was faster', async () => {
    const folder = await newFolder();
    const iam = new FirstAccounts();
    iam.killed = 'before the commit';
    await assert.rejects(bootstrapInstallation(config, folder, iam), Killed);
    iam.committed.push(createdAccount('of another node'));
    assert.equal(await bootstrapInstallation(config, folder, iam), undefined);
    assert.deepEqual(await files(folder), []);
  });

  test('if they cannot be written, no account is made, and the place is named', async () => {
    const folder = await newFolder();
    const iam = new FirstAccounts();
    const full: DataFolder = { ...folder, write: () => Promise.reject(new Error('ENOSPC')) };
    await assert.rejects(bootstrapInstallation(config, full, iam), (error) => {
      assert.ok(error instanceof StartRefused);
      assert.match(error.message, /cannot be written to .*bootstrap\.json.*ENOSPC/);
      return true;
    });
    assert.deepEqual(iam.committed, []);
  });
});
