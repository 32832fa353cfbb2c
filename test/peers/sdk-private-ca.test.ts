// Needs: the vendor's Python SDK and the package `cryptography` (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../support/server.ts';
import { attempt, peersPython, run } from './support/programs.ts';

const driver = fileURLToPath(new URL('python/private_ca.py', import.meta.url));

interface Step {
  readonly name: string;
  readonly error: string | null;
}

test("the vendor's SDK, unmodified, over HTTPS with a signed request", async (t) => {
  const out = await mkdtemp(join(tmpdir(), 'openccm-sdk-'));
  const server = await startServer();
  t.after(async () => {
    await server.stop();
    await rm(out, { recursive: true });
  });
  const { access_key: accessKey, secret_key: secretKey } = server.bootstrap;
  const output = await attempt(
    peersPython(),
    [driver, server.httpsUrl, accessKey, secretKey, server.caFile, out],
    {
      env: { PYTHONDONTWRITEBYTECODE: '1', HOME: out },
    },
  );
  const steps: Step[] = output.stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  for (const step of steps) await t.test(step.name, () => assert.equal(step.error, null, step.error ?? ''));
  await t.test('the driver came to its end', () => assert.equal(output.code, 0, output.stderr));
  await t.test('OpenSSL verifies what the SDK received', async () => {
    const files = ['root.pem', 'sub.pem', 'leaf.pem'].map((name) => join(out, name));
    const [root = '', sub = '', leaf = ''] = files;
    await run('openssl', ['verify', '-x509_strict', '-CAfile', root, '-untrusted', sub, leaf]);
  });
});
