import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { run, serve } from '../test/peers/support/programs.ts';
import { freePort } from '../test/support/free-port.ts';

/** `openssl ocsp` as the responder of a CA, on plain HTTP of 127.0.0.1: one process, which reads its index once and signs every answer. */
export interface OpensslResponder {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it with a P-256 key of its own; every serial number is good. Rejects if it does not listen within ten seconds. */
export async function startOpensslResponder(
  caPem: string,
  serialNumbers: readonly bigint[],
): Promise<OpensslResponder> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-openssl-ocsp-'));
  const index = serialNumbers.map((serial) => {
    const hex = serial.toString(16).toUpperCase();
    return `V\t491231235959Z\t\t${hex.length % 2 ? '0' : ''}${hex}\tunknown\t/CN=${serial}\n`;
  });
  await writeFile(join(folder, 'ca.pem'), caPem);
  await writeFile(join(folder, 'index.txt'), index.join(''));
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'responder.key'];
  const request = ['req', '-x509', ...key, '-subj', '/CN=bench responder', '-out', 'responder.pem'];
  await run('openssl', request, { cwd: folder });
  const port = await freePort();
  const identity = ['-CA', 'ca.pem', '-rsigner', 'responder.pem', '-rkey', 'responder.key'];
  const serving = ['-port', String(port), '-index', 'index.txt', '-ndays', '1'];
  const responder = serve('openssl', ['ocsp', '-ignore_err', ...serving, ...identity], { cwd: folder });
  const stop = async () => {
    await responder.stop();
    await rm(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 200; tries += 1) {
    if (/waiting for/i.test(responder.said())) return { url: `http://127.0.0.1:${port}`, stop };
    await delay(50);
  }
  await stop();
  throw new Error(`openssl ocsp does not listen: ${responder.said()}`);
}
