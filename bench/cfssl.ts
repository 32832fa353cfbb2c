import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';

/** A cfssl with a P-256 CA of its own, on plain HTTP of 127.0.0.1. It stores nothing and asks nobody's permission. */
export interface Cfssl {
  /** Takes a POST of `{"certificate_request": <PEM>}`. */
  readonly signUrl: string;
  stop(): Promise<void>;
}

const caRequest = { CN: 'cfssl bench root', key: { algo: 'ecdsa', size: 256 } };

/** True if cfssl (Debian's golang-cfssl) is on the path. */
export const cfsslIsInstalled = (): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'cfssl')));

/** Starts cfssl with a new CA; rejects if it does not answer within ten seconds. */
export async function startCfssl(): Promise<Cfssl> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-cfssl-'));
  const made = execFileSync('cfssl', ['gencert', '-initca', '-'], {
    input: JSON.stringify(caRequest),
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ca: { cert: string; key: string } = JSON.parse(made.toString());
  await writeFile(join(folder, 'ca.pem'), ca.cert);
  await writeFile(join(folder, 'ca.key'), ca.key, { mode: 0o600 });
  const port = await freePort();
  const args = [
    'serve',
    '-address',
    '127.0.0.1',
    '-port',
    String(port),
    '-ca',
    'ca.pem',
    '-ca-key',
    'ca.key',
  ];
  const child = spawn('cfssl', [...args, '-loglevel', '5'], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries += 1) {
    const answered = await fetch(`http://127.0.0.1:${port}/api/v1/cfssl/info`).then(
      () => true,
      () => false,
    );
    if (answered) return { signUrl: `http://127.0.0.1:${port}/api/v1/cfssl/sign`, stop };
    await delay(50);
  }
  await stop();
  throw new Error('cfssl does not answer');
}
