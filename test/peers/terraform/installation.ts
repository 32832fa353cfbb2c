import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer } from 'dns-packet';
import type { SslConfiguration } from '../../../src/ssl-certificates/index.ts';
import { signIn } from '../../support/api-client.ts';
import { nameError, startDnsServer } from '../../support/dns-server.ts';
import { type RunningServer, startServer } from '../../support/server.ts';
import { createSoftHsm, variablesOf } from '../support/softhsm.ts';

/** The program with an HSM, a bucket, and a name server that it asks for verification records. */
export interface Installation {
  readonly server: RunningServer;
  readonly bucket: string;
  readonly clusterId: string;
  publishText(name: string, value: string): void;
  stop(): Promise<void>;
}

export async function startInstallation(): Promise<Installation> {
  const bucket = 'terraform-crls';
  const records = new Map<string, readonly Answer[]>();
  const hsm = await createSoftHsm();
  const folder = await mkdtemp(join(tmpdir(), 'openccm-terraform-'));
  const file = join(folder, 'ssl.json');
  const names = await startDnsServer(({ name }) => records.get(name.toLowerCase()) ?? nameError);
  const stopped = async () => {
    await names.close();
    await hsm.remove();
    await rm(folder, { recursive: true });
  };
  try {
    const configuration: SslConfiguration = {
      applications: { first_check_seconds: 1, longest_check_seconds: 2 },
      validation: { resolvers: [names.address] },
    };
    await writeFile(file, JSON.stringify(configuration));
    const server = await startServer({ env: { OPENCCM_SSL_CONFIG: file, ...variablesOf(hsm) } });
    const api = await signIn(server);
    await api.call('POST', '/v1/object-storage/buckets', { bucket_name: bucket });
    api.close();
    return {
      ...{ server, bucket, clusterId: hsm.settings.clusterId },
      publishText: (name, data) => records.set(name.toLowerCase(), [{ type: 'TXT', name, data }]),
      stop: async () => {
        await server.stop();
        await stopped();
      },
    };
  } catch (error) {
    await stopped();
    throw error;
  }
}
