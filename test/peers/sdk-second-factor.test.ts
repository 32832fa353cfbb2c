// Needs: the vendor's Python SDK of identity and pyotp (test/peers/install.sh).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../support/server.ts';
import { attempt, peersPython } from './support/programs.ts';

const driver = fileURLToPath(new URL('python/second_factor.py', import.meta.url));

interface Step {
  readonly name: string;
  readonly error: string | null;
}

test("second factors with the vendor's SDK, unmodified, and another program's one-time passwords", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const { access_key: accessKey, secret_key: secretKey, account_id: accountId } = server.bootstrap;
  const output = await attempt(
    peersPython(),
    [driver, server.httpsUrl, accessKey, secretKey, server.caFile, accountId],
    { env: { PYTHONDONTWRITEBYTECODE: '1' } },
  );
  const lines = output.stdout.trim().split('\n').filter(Boolean);
  for (const { name, error } of lines.map((line): Step => JSON.parse(line))) {
    await t.test(name, () => assert.equal(error, null, error ?? ''));
  }
  await t.test('the driver came to its end', () => assert.equal(output.code, 0, output.stderr));
});
