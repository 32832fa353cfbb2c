import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pkcs11Settings } from '../../../src/kms/providers/pkcs11/index.ts';
import { run } from './programs.ts';

const libraries = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'];

export interface SoftHsm {
  readonly settings: Pkcs11Settings;
  readonly folder: string;
  remove(): Promise<void>;
}

async function findLibrary(): Promise<string> {
  for (const path of libraries) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new Error(`SoftHSM's library is missing (${libraries.join(', ')}): run test/peers/install.sh`);
}

/** A new token of SoftHSM in a folder of its own. The library reads SOFTHSM2_CONF, so one at a time is in use. */
export async function createSoftHsm(): Promise<SoftHsm> {
  const modulePath = await findLibrary();
  const folder = await mkdtemp(join(tmpdir(), 'openccm-softhsm-'));
  await mkdir(join(folder, 'tokens'));
  const configuration = join(folder, 'softhsm2.conf');
  await writeFile(configuration, `directories.tokendir = ${join(folder, 'tokens')}\nlog.level = ERROR\n`);
  process.env.SOFTHSM2_CONF = configuration;
  const pins = ['--so-pin', '87654321', '--pin', '1234'];
  await run('softhsm2-util', ['--init-token', '--free', '--label', 'openccm test', ...pins]);
  return {
    settings: {
      modulePath,
      token: { label: 'openccm test' },
      pin: { value: '1234' },
      clusterId: 'cluster-1',
    },
    folder,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The variables that give the token to a server. */
export function variablesOf({ settings, folder }: SoftHsm): Record<string, string> {
  return {
    SOFTHSM2_CONF: join(folder, 'softhsm2.conf'),
    OPENCCM_PKCS11_MODULE: settings.modulePath,
    OPENCCM_PKCS11_TOKEN_LABEL: 'openccm test',
    OPENCCM_PKCS11_PIN: '1234',
    OPENCCM_PKCS11_CLUSTER_ID: settings.clusterId,
  };
}
