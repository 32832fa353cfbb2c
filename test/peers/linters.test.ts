// Needs: pkilint and zlint (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { signIn } from '../support/api-client.ts';
import { startServer } from '../support/server.ts';
import { createHierarchy } from './support/hierarchy.ts';
import { attempt } from './support/programs.ts';

// The rules of browsers' and operating systems' root programs are not for a private PKI; those of the standards are.
const foreignSources = 'Apple,CABF_BR,CABF_EV,CABF_SMIME_BR,Community,ETSI_ESI,Mozilla';

/** The findings of `zlint` that are errors. */
async function zlint(file: string): Promise<string[]> {
  const output = await attempt('zlint', ['-excludeSources', foreignSources, file]);
  assert.equal(output.code, 0, output.stderr);
  const findings: Record<string, { result: string }> = JSON.parse(output.stdout);
  assert.ok(Object.keys(findings).length > 50, 'zlint ran its lints');
  return Object.entries(findings)
    .filter(([, { result }]) => result === 'error' || result === 'fatal')
    .map(([name]) => name);
}

interface PkilintResult {
  readonly node_path: string;
  readonly finding_descriptions: readonly { readonly severity: string; readonly code: string }[];
}

/** The findings of `pkilint` that are errors, by the rules of RFC 5280. */
async function pkilint(command: string, files: readonly string[]): Promise<string[]> {
  const output = await attempt(command, ['lint', '-s', 'ERROR', '-f', 'JSON', ...files]);
  const { results }: { results: PkilintResult[] } = JSON.parse(output.stdout);
  return results.flatMap((result) =>
    result.finding_descriptions.map(({ code }) => `${result.node_path}: ${code}`),
  );
}

test('linters find no error in what is issued', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-linters-'));
  const server = await startServer();
  const api = await signIn(server);
  t.after(async () => {
    api.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });
  for (const algorithm of ['RSA2048', 'RSA4096', 'EC256', 'EC384', 'SM2'] as const) {
    const { root, sub, leaf } = await createHierarchy(api, algorithm, folder);
    for (const [role, file] of Object.entries({ root, sub, leaf })) {
      await t.test(`pkilint, ${role}, ${algorithm}`, async () => {
        assert.deepEqual(await pkilint('lint_pkix_cert', [file]), []);
      });
      // It does not know the curve of SM2.
      if (algorithm === 'SM2') continue;
      await t.test(`zlint, ${role}, ${algorithm}`, async () => {
        assert.deepEqual(await zlint(file), []);
      });
    }
    await t.test(`pkilint, each certificate beside its issuer's, ${algorithm}`, async () => {
      assert.deepEqual(await pkilint('lint_pkix_signer_signee_cert_chain', [root, sub]), []);
      assert.deepEqual(await pkilint('lint_pkix_signer_signee_cert_chain', [sub, leaf]), []);
    });
  }
});
