// Needs: the vendor's Python SDK for keys and the package `cryptography` (test/peers/install.sh).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startServer } from '../support/server.ts';
import { attempt, peersPython } from './support/programs.ts';

const driver = fileURLToPath(new URL('python/key_management.py', import.meta.url));

interface Step {
  readonly name: string;
  readonly error: string | null;
}

test("the vendor's SDK for keys, unmodified, over HTTPS with a signed request", async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const { access_key: accessKey, secret_key: secretKey, project_id: projectId } = server.bootstrap;
  const output = await attempt(
    peersPython(),
    [driver, server.httpsUrl, accessKey, secretKey, server.caFile, projectId],
    { env: { PYTHONDONTWRITEBYTECODE: '1', HOME: server.dataDir } },
  );
  const steps: Step[] = output.stdout
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  assert.ok(steps.length > 10, output.stderr);
  for (const step of steps) await t.test(step.name, () => assert.equal(step.error, null, step.error ?? ''));
  await t.test('the driver came to its end', () => assert.equal(output.code, 0, output.stderr));
});
