import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const setup = fileURLToPath(new URL('../support/postgres-cluster.ts', import.meta.url));

// A library that PostgreSQL is started with once made every run end with 0.
test('a test run in which a test fails does not end with 0', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openccm-failing-'));
  try {
    const file = join(folder, 'failing.test.mjs');
    writeFileSync(
      file,
      "import { test } from 'node:test';\ntest('fails', () => { throw new Error('on purpose'); });\n",
    );
    const { NODE_TEST_CONTEXT, OPENCCM_TEST_POSTGRES_PORT, ...env } = process.env;
    const run = spawnSync(process.execPath, ['--test', `--test-global-setup=${setup}`, file], {
      env,
      encoding: 'utf8',
    });
    assert.match(
      run.stdout,
      /fail 1/,
      `this run has a context: ${NODE_TEST_CONTEXT}, ${OPENCCM_TEST_POSTGRES_PORT}`,
    );
    assert.equal(run.status, 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
