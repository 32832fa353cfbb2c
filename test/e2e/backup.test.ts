import assert from 'node:assert/strict';
import { access, appendFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { runCommand } from '../support/command.ts';
import { createCa, issueByCsr, issueWithKey, rootCaBody } from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';

let server: RunningServer;
let api: ApiClient;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-backups-'));
  server = await startServer();
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const openccm = (dataDir: string, ...words: string[]) => runCommand(dataDir, words);

test('a backup made under load is whole: it is restored into a new folder, and goes on issuing', async () => {
  const caId = await createCa(api, rootCaBody('before the backup'));
  const backup = join(folder, 'first');
  let isBackingUp = true;
  const making = openccm(server.dataDir, 'backup', 'create', backup).finally(() => {
    isBackingUp = false;
  });
  for (let issued = 0; isBackingUp; issued++) await issueWithKey(api, caId, `during-${issued}.example.test`);
  const { stdout } = await making;
  assert.match(stdout, /private keys: \d+ checked, all sound/);
  assert.match(stdout, /certificate authorities: [1-9]\d* checked, all sound/);
  await assert.rejects(access(join(backup, 'master.key')), { code: 'ENOENT' });

  const restored = join(folder, 'restored');
  await cp(backup, restored, { recursive: true });
  await cp(join(server.dataDir, 'master.key'), join(restored, 'master.key'));
  await cp(join(server.dataDir, 'bootstrap.json'), join(restored, 'bootstrap.json'));
  const second = await startServer({ dataDir: restored });
  const secondApi = await signIn(second);
  await issueByCsr(secondApi, caId);
  secondApi.close();
  await second.stop();

  const { stdout: checked } = await openccm(server.dataDir, 'check', '--backup', backup);
  assert.match(checked, /key versions: \d+ checked, all sound/);
  await appendFile(join(backup, 'openccm.db'), 'x');
  await assert.rejects(openccm(server.dataDir, 'check', '--backup', backup), /changed or damaged/);
});

test('a check names each key that does not open and each CA that does not verify', async () => {
  const backup = join(folder, 'second');
  await openccm(server.dataDir, 'backup', 'create', backup);
  const damaged = join(folder, 'damaged');
  await cp(backup, damaged, { recursive: true });
  await cp(join(server.dataDir, 'master.key'), join(damaged, 'master.key'));
  const sqlite = new DatabaseSync(join(damaged, 'openccm.db'));
  const { key_id: keyId } = sqlite.prepare('select key_id from kms_private_keys limit 1').get()!;
  const { ca_id: caId, certificate_der: certificate } = sqlite
    .prepare('select ca_id, certificate_der from certificate_authorities limit 1')
    .get()! as { ca_id: string; certificate_der: Uint8Array };
  sqlite
    .prepare('update kms_private_keys set wrapped_private_key = zeroblob(100) where key_id = ?')
    .run(keyId!);
  certificate[certificate.length - 1]! ^= 1;
  sqlite
    .prepare('update certificate_authorities set certificate_der = ? where ca_id = ?')
    .run(certificate, caId);
  sqlite.close();
  await assert.rejects(openccm(damaged, 'check'), (error: { code: number; stderr: string }) => {
    assert.equal(error.code, 1);
    assert.match(error.stderr, new RegExp(`private key ${keyId}: `));
    assert.match(error.stderr, new RegExp(`CA ${caId}: the signature of certificate 1`));
    return true;
  });
});

test('a folder that is no backup, is not empty, or has another master key is refused', async () => {
  await assert.rejects(openccm(server.dataDir, 'check', '--backup', folder), /holds no backup/);
  await assert.rejects(openccm(server.dataDir, 'backup', 'create', folder), /is not empty/);
  const other = join(folder, 'other-key');
  const backup = join(folder, 'third');
  await openccm(server.dataDir, 'backup', 'create', backup);
  await cp(backup, other, { recursive: true });
  await writeFile(join(other, 'master.key'), `${Buffer.alloc(32, 7).toString('base64')}\n`);
  const { master_key_id: id } = JSON.parse(await readFile(join(backup, 'backup.json'), 'utf8'));
  await assert.rejects(openccm(other, 'check'), new RegExp(id));
});
