import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parsePem } from '../../../src/pki/index.ts';
import { attempt, type Service } from './programs.ts';

/** SHA-256 of the certificate that `openssl s_client` is served, once the server accepts connections. */
export async function servedFingerprint(port: number, serverName: string, service: Service): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const client = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', serverName];
    const { stdout, stderr } = await attempt('openssl', client);
    if (stdout.includes('BEGIN CERTIFICATE')) {
      const [leaf] = parsePem(stdout);
      return createHash('sha256').update(leaf!.der).digest('hex');
    }
    if (!/connect:errno|Connection refused/.test(stderr) || tries === 100)
      throw new Error(`${stderr}\n${service.said()}`);
    await delay(50);
  }
}
