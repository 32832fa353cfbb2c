import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { attempt, run, serve } from './programs.ts';

export interface TsigSecret {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha512';
  /** Base64. */
  readonly secret: string;
}

export interface NameServer {
  /** `127.0.0.1:port`, by UDP and TCP. */
  readonly address: string;
  /** What dig prints in its short form, line by line and sorted. */
  dig(name: string, type: string): Promise<string[]>;
  /** Writes a TXT record by DNS UPDATE, as who runs the zone would. */
  publishText(key: TsigSecret, name: string, text: string): Promise<void>;
  /** It does not answer until it is resumed, with what it holds. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const readyWithinMs = 15_000;

/**
 * BIND in a folder of its own, with one zone into which each of the keys may write TXT records and nothing else. `records` are lines
 * of the zone file.
 */
export async function startNameServer(
  zone: string,
  keys: readonly TsigSecret[],
  records: readonly string[],
): Promise<NameServer> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-bind-'));
  const port = await freePort();
  const key = ({ name, algorithm, secret }: TsigSecret) =>
    `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`;
  const configuration = `
options {
  directory "${folder}"; pid-file none; session-keyfile none; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; dnssec-validation no; notify no; empty-zones-enable no;
};
controls { };
${keys.map(key).join('\n')}
zone "${zone}" {
  type primary; file "zone";
  update-policy { ${keys.map(({ name }) => `grant "${name}" zonesub TXT;`).join(' ')} };
};
`;
  const soa = '@ 60 IN SOA ns hostmaster 1 3600 600 86400 60';
  const lines = [`$ORIGIN ${zone}.`, soa, '@ 60 IN NS ns', 'ns 60 IN A 127.0.0.1', ...records];
  await writeFile(join(folder, 'zone'), `${lines.join('\n')}\n`);
  await writeFile(join(folder, 'named.conf'), configuration);
  const start = () => serve('named', ['-g', '-n', '1', '-c', join(folder, 'named.conf')]);
  let named = start();
  const server: NameServer = {
    address: `127.0.0.1:${port}`,
    async dig(name, type) {
      const output = await run('dig', ['@127.0.0.1', '-p', String(port), '+short', name, type]);
      return output.split('\n').filter(Boolean).sort();
    },
    async publishText({ name: keyName, algorithm, secret }, name, text) {
      const update = `update add ${name}. 60 IN TXT "${text}"`;
      const input = `server 127.0.0.1 ${port}\nzone ${zone}.\n${update}\nsend\n`;
      await run('nsupdate', ['-y', `${algorithm}:${keyName}:${secret}`], { input });
    },
    interrupt: () => named.stop(),
    async resume() {
      named = start();
      await untilReady();
    },
    async stop() {
      await named.stop();
      await rm(folder, { recursive: true });
    },
  };
  await untilReady();
  return server;

  async function untilReady(): Promise<void> {
    const ask = ['@127.0.0.1', '-p', String(port), '+tries=1', '+time=1', zone, 'SOA'];
    for (const giveUpAt = performance.now() + readyWithinMs; ; ) {
      if ((await attempt('dig', ask)).code === 0) return;
      if (performance.now() < giveUpAt) continue;
      await server.stop();
      throw new Error(`named does not answer:\n${named.said()}`);
    }
  }
}
