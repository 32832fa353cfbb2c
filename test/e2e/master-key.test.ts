import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { runCommand } from '../support/command.ts';
import { createCa, issueByCsr, issueWithKey, rootCaBody } from '../support/private-ca-requests.ts';
import { type RunningServer, startServer } from '../support/server.ts';

let server: RunningServer;
let api: ApiClient;

before(async () => {
  server = await startServer();
  api = await signIn(server);
});

after(async () => {
  api?.close();
  await server?.stop();
});

const openccm = (...words: string[]) => runCommand(server.dataDir, words);

test('the master key is changed while requests are served, and the next start needs the new one', async () => {
  const caId = await createCa(api, rootCaBody('before the change'));
  const file = join(server.dataDir, 'master.key');
  const oldText = await readFile(file, 'utf8');
  let isRotating = true;
  const rotation = openccm('master-key', 'rotate').finally(() => {
    isRotating = false;
  });
  let issued = 0;
  while (isRotating) {
    await issueWithKey(api, caId, `during-${issued}.example.test`);
    issued += 1;
  }
  assert.match((await rotation).stdout, /was exchanged for [0-9a-f]{32}; \d+ keys were wrapped anew/);
  assert.ok(issued > 5);
  await issueByCsr(api, await createCa(api, rootCaBody('after the change')));
  assert.notEqual(await readFile(file, 'utf8'), oldText);

  const { dataDir } = server;
  await server.kill();
  api.close();
  server = await startServer({ dataDir });
  api = await signIn(server);
  await issueByCsr(api, caId);
});

test('a command that is not known, or cannot be done, says what to do', async () => {
  await assert.rejects(openccm('master-key'), (error: { code: number; stderr: string }) => {
    return error.code === 1 && /master-key rotate/.test(error.stderr);
  });
});
