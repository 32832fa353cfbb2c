import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { runCommand } from '../support/command.ts';
import { issueByCsr } from '../support/private-ca-requests.ts';
import { startServer } from '../support/server.ts';

const installations = fileURLToPath(new URL('../installations', import.meta.url));
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Contents {
  readonly root: string;
  readonly sub: string;
  readonly key: string;
  readonly cipher: string;
  readonly user: string;
}

async function unpack(stored: string): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-upgrade-'));
  folders.push(dataDir);
  for (const name of ['master.key', 'bootstrap.json']) await cp(join(stored, name), join(dataDir, name));
  await writeFile(join(dataDir, 'openccm.db'), gunzipSync(await readFile(join(stored, 'openccm.db.gz'))));
  return dataDir;
}

async function use(api: ApiClient, projectId: string, contents: Contents): Promise<void> {
  const { certificates } = await api.call<{ certificates: object[] }>('GET', '/v1/private-certificates');
  assert.equal(certificates.length, 3);
  await issueByCsr(api, contents.sub);
  const kms = `/v1.0/${projectId}/kms`;
  const { plain_text: plaintext } = await api.call<{ plain_text: string }>('POST', `${kms}/decrypt-data`, {
    cipher_text: contents.cipher,
  });
  assert.equal(plaintext, 'hello');
  const { grants } = await api.call<{ grants: object[] }>('POST', `${kms}/list-grants`, {
    key_id: contents.key,
  });
  assert.equal(grants.length, 1);
  const { users } = await api.call<{ users: { name: string }[] }>('GET', '/v3/users');
  assert.deepEqual(users.map(({ name }) => name).sort(), ['admin', 'olduser', 'olduser2']);
}

/** Every column and index; columns without their order, which depends on when they were added. */
function schemaOf(dataDir: string): readonly string[] {
  const sqlite = new DatabaseSync(join(dataDir, 'openccm.db'), { readOnly: true });
  const columns = sqlite
    .prepare(
      `select t.name || '.' || c.name || ' ' || c.type || ' ' || c."notnull" || ' ' || c.pk as line
       from sqlite_master t, pragma_table_info(t.name) c where t.type = 'table'`,
    )
    .all();
  const indexes = sqlite.prepare("select sql as line from sqlite_master where type = 'index'").all();
  sqlite.close();
  return [...columns, ...indexes].map(({ line }) => String(line)).sort();
}

let freshSchema: readonly string[];
before(async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-fresh-'));
  folders.push(dataDir);
  const server = await startServer({ dataDir });
  await server.stop();
  freshSchema = schemaOf(dataDir);
});

const dates = (await readdir(installations, { withFileTypes: true })).filter((entry) => entry.isDirectory());

test('there are stored installations', () => assert.ok(dates.length > 0));

for (const { name } of dates)
  test(`an installation of ${name} is upgraded and used on`, async () => {
    const stored = join(installations, name);
    const dataDir = await unpack(stored);
    const contents: Contents = JSON.parse(await readFile(join(stored, 'contents.json'), 'utf8'));
    const server = await startServer({ dataDir });
    const { bootstrap } = server;
    const api = await signIn(server);
    await use(api, bootstrap.project_id, contents);
    const user = await signIn(server, {
      accountName: bootstrap.account_name,
      userName: 'olduser',
      password: 'Old-User-Pass1',
      projectName: bootstrap.project_name,
    });
    user.close();
    api.close();
    await server.stop();

    const { stdout } = await runCommand(dataDir, ['check']);
    assert.match(stdout, /certificate authorities: 2 checked, all sound/);
    // An applied migration that was edited leaves older installations without what the edit added.
    assert.deepEqual(schemaOf(dataDir), freshSchema);
  });
