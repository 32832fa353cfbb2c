import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/free-port.ts';
import { spoilPage } from '../support/spoil-page.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function environment(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'openccm-process-'));
  folders.push(dataDir);
  const [httpsPort, httpPort] = await Promise.all([freePort(), freePort()]);
  return {
    OPENCCM_DATA_DIR: dataDir,
    OPENCCM_HTTPS_PORT: String(httpsPort),
    OPENCCM_HTTP_PORT: String(httpPort),
    OPENCCM_RSA_POOL_SIZE: '0',
    OPENCCM_LOG_LEVEL: 'warn',
    ...more,
  };
}

async function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const [announcement] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, announcement: announcement.toString(), exited: once(child, 'exit') };
}

function startRefused(env: Record<string, string>): Promise<{ code: unknown; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main], { env }, (error, _stdout, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
  });
}

test('it ends with 1 and a sentence for each mistake, before anything is opened', async () => {
  const env = await environment({ OPENCCM_HTTP_PORT: 'x', OPENCCM_DATA_DIRECTORY: '/' });
  const { code, stderr } = await startRefused(env);
  assert.equal(code, 1);
  assert.deepEqual(stderr.trim().split('\n'), [
    'OPENCCM_HTTP_PORT must be a whole number from 0 to 65535',
    'OPENCCM_DATA_DIRECTORY is no variable of OpenCCM; did you mean OPENCCM_DATA_DIR?',
  ]);
});

test('it shows the first credentials on a terminal, once', async () => {
  const env = await environment();
  const onTerminal = async (): Promise<string> => {
    // `script` gives the program a terminal.
    const child = spawn('script', ['-qefc', `'${process.execPath}' '${main}'`, '/dev/null'], {
      env: { ...env, PATH: process.env.PATH },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    for await (const chunk of child.stdout) {
      shown += chunk;
      if (/what must be plain\.\s/.test(shown)) child.kill('SIGTERM');
    }
    return shown;
  };
  const first = await onTerminal();
  const { password, secret_key: secretKey } = JSON.parse(
    await readFile(join(env.OPENCCM_DATA_DIR!, 'bootstrap.json'), 'utf8'),
  );
  assert.ok(first.includes(password) && first.includes(secretKey));
  const second = await onTerminal();
  assert.ok(!second.includes(password) && !second.includes(secretKey));
});

test('it opens no inspector on SIGUSR1', async () => {
  const env = await environment();
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  await once(child.stdout, 'data');
  child.kill('SIGUSR1');
  const ready = `http://127.0.0.1:${env.OPENCCM_HTTP_PORT}/readyz`;
  assert.equal((await fetch(ready)).status, 200);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
  assert.doesNotMatch(complaints, /Debugger listening/);
});

test('it ends in order on SIGTERM, and finishes the request in flight', async () => {
  const env = await environment({ OPENCCM_HTTP_API: '1', OPENCCM_BOOTSTRAP_PASSWORD: 'Chosen-Passw0rd-1' });
  const first = await start(env);
  assert.match(first.announcement, /serves its API on https:\/\/127\.0\.0\.1:\d+/);
  assert.doesNotMatch(first.announcement, /Chosen-Passw0rd-1/);
  assert.match(first.announcement, /are in .*bootstrap\.json, which only this user can read/);

  const socket = connect(Number(env.OPENCCM_HTTP_PORT), '127.0.0.1');
  socket.write('POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n');
  // The first half has been read when another connection, made later, is answered.
  await (await fetch(`http://127.0.0.1:${env.OPENCCM_HTTP_PORT}/healthz`)).arrayBuffer();
  first.child.kill('SIGTERM');
  socket.write('{}');
  const answer: Buffer[] = [];
  for await (const chunk of socket) answer.push(chunk);
  assert.match(Buffer.concat(answer).toString(), /^HTTP\/1\.1 400 /);
  assert.deepEqual(await first.exited, [0, null]);

  const second = await start(env);
  assert.doesNotMatch(second.announcement, /password/);
  second.child.kill('SIGINT');
  assert.deepEqual(await second.exited, [0, null]);
});

test('a second signal ends it at once, whatever is in flight', async () => {
  const env = await environment();
  const { child, exited } = await start(env);
  const socket = connect(Number(env.OPENCCM_HTTP_PORT), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /healthz HTTP/1.1\r\n');
  await (await fetch(`http://127.0.0.1:${env.OPENCCM_HTTP_PORT}/healthz`)).arrayBuffer();
  child.kill('SIGTERM');
  const refused = async (): Promise<void> => {
    // The first signal has arrived when the port is closed.
    const isOpen = await fetch(`http://127.0.0.1:${env.OPENCCM_HTTP_PORT}/healthz`).then(
      (answer) => answer.arrayBuffer().then(() => true),
      () => false,
    );
    if (isOpen) return refused();
  };
  await refused();
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [1, null]);
});

test('a lost database beside what an installation left is not replaced by a new one', async () => {
  const env = await environment();
  const first = await start(env);
  first.child.kill('SIGTERM');
  await first.exited;
  const pathOf = (name: string) => join(env.OPENCCM_DATA_DIR!, name);
  const credentials = await readFile(pathOf('bootstrap.json'), 'utf8');
  const removeDatabase = () => rm(pathOf('openccm.db'));
  for (const lose of [removeDatabase, () => writeFile(pathOf('openccm.db'), '')]) {
    await lose();
    const { code, stderr } = await startRefused(env);
    assert.equal(code, 1);
    assert.match(stderr, /openccm\.db is empty, but .*master\.key.* are there/);
    assert.match(stderr, /restore it from a backup/);
    assert.equal(await readFile(pathOf('bootstrap.json'), 'utf8'), credentials);
  }
});

test('a malformed database refuses the start and says what to do', async () => {
  const env = await environment();
  const first = await start(env);
  first.child.kill('SIGTERM');
  await first.exited;
  await spoilPage(join(env.OPENCCM_DATA_DIR!, 'openccm.db'), 'audit_records_unsuccessful');
  const { code, stderr } = await startRefused(env);
  assert.equal(code, 1);
  assert.match(stderr, /malformed.*restore a backup/);
});

test('before it ends it says for OPENCCM_DRAIN_SECONDS that it is not ready, and serves on', async () => {
  const env = await environment({ OPENCCM_DRAIN_SECONDS: '2' });
  const { child, exited } = await start(env);
  const status = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${env.OPENCCM_HTTP_PORT}${path}`);
    await answer.arrayBuffer();
    return answer.status;
  };
  assert.equal(await status('/readyz'), 200);
  child.kill('SIGTERM');
  while ((await status('/readyz')) === 200);
  assert.deepEqual([await status('/readyz'), await status('/healthz')], [503, 200]);
  assert.deepEqual(await exited, [0, null]);
});
