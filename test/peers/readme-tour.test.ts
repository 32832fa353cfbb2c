// Needs: bash, curl, jq, unzip, openssl, and the vendor's Python SDK (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { startServer } from '../support/server.ts';
import { attempt, peersPython, program } from './support/programs.ts';

/** The code of the README's tour as one script of bash, in order. */
async function readTour(): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const [, tour = ''] = /\n## Five-minute tour\n([\s\S]*?)\n## /.exec(readme) ?? [];
  const blocks = [...tour.matchAll(/^```(sh|python)\n([\s\S]*?)^```$/gm)];
  assert.ok(blocks.length >= 5, 'the tour was found');
  return blocks
    .map(([, language, code]) =>
      language === 'sh' ? code : `python <<'END_OF_PYTHON'\n${code}END_OF_PYTHON\n`,
    )
    .join('\n');
}

/** Replaces what a reader has at a fixed place and a test has not; each must occur, or the tour changed unseen. */
function relocate(tour: string, places: Readonly<Record<string, string>>): string {
  let relocated = tour;
  for (const [place, replacement] of Object.entries(places)) {
    assert.ok(relocated.includes(place), `the tour names ${place}`);
    relocated = relocated.replaceAll(place, replacement);
  }
  return relocated;
}

test("the README's tour works on a fresh data folder", async (t) => {
  for (const name of ['curl', 'jq', 'unzip', 'openssl']) program(name);
  const folder = await mkdtemp(join(tmpdir(), 'openccm-tour-'));
  const server = await startServer();
  t.after(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });
  const script = relocate(await readTour(), {
    'https://127.0.0.1:8443': server.httpsUrl,
    './data': server.dataDir,
    '4433': String(await freePort()),
  });
  const path = [dirname(peersPython()), process.env.PATH].join(delimiter);
  const output = await attempt('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: folder,
    env: { PATH: path, no_proxy: '*' },
  });
  assert.equal(output.code, 0, output.stdout + output.stderr);
  assert.match(output.stdout, /Protocol *: TLSv1\.3/);
  assert.match(output.stdout, /^localhost ISSUED \d+$/m);
});
