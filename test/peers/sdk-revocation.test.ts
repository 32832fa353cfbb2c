// Needs: the vendor's Python SDK and the package `cryptography` (test/peers/install.sh).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { signIn } from '../support/api-client.ts';
import { startServer } from '../support/server.ts';
import { attempt, peersPython } from './support/programs.ts';

const driver = fileURLToPath(new URL('python/revocation.py', import.meta.url));
const bucket = 'sdk-revocation';

interface Step {
  readonly name: string;
  readonly error: string | null;
}

test("revocation with the vendor's SDK, unmodified, over HTTPS with a signed request", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const api = await signIn(server);
  await api.call('POST', '/v1/object-storage/buckets', { bucket_name: bucket });
  api.close();
  const { access_key: accessKey, secret_key: secretKey } = server.bootstrap;
  const output = await attempt(
    peersPython(),
    [driver, server.httpsUrl, accessKey, secretKey, server.caFile, bucket],
    { env: { PYTHONDONTWRITEBYTECODE: '1' } },
  );
  const lines = output.stdout.trim().split('\n').filter(Boolean);
  for (const { name, error } of lines.map((line): Step => JSON.parse(line))) {
    await t.test(name, () => assert.equal(error, null, error ?? ''));
  }
  await t.test('the driver came to its end', () => assert.equal(output.code, 0, output.stderr));
});
