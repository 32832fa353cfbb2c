import { mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { folderName } from './file-names.ts';
import { replaceFile, syncFolder } from './replace-files.ts';
import { SerialQueue } from './serial-queue.ts';
import type { CertificateBundle, Target } from './target.ts';

/** Before the names of what is not for readers: no name of a certificate or resource begins like this. */
const versionsFolder = '.versions';

/** Enough of a fingerprint to tell the certificates of one resource apart. */
const versionDigits = 32;

/** Files for whatever reads them, one folder for each certificate that is pushed and each resource. */
export function createFolderTarget(folder: string): Target {
  const queue = new SerialQueue();
  const write = (bundle: CertificateBundle, name: string) =>
    queue.run(name, () => writeCertificate(folder, folderName(name), bundle));
  return {
    async push(bundle) {
      await write(bundle, bundle.certificateId);
      return bundle.certificateId;
    },
    async deploy(bundle, { id, domainName }) {
      const name = id || domainName;
      await write(bundle, name);
      return { targetCertificateId: bundle.certificateId, resourceName: name };
    },
    resourcesUsing: async () => undefined,
  };
}

/** The files of one certificate in a folder of their own, to which a link points: all of them change at once. */
export async function writeCertificate(
  folder: string,
  name: string,
  bundle: CertificateBundle,
): Promise<void> {
  const version = `${name}@${bundle.fingerprintSha256.slice(0, versionDigits)}`;
  const versions = join(folder, versionsFolder);
  const versionFolder = join(versions, version);
  await mkdir(versionFolder, { recursive: true, mode: 0o700 });
  const { certificatePem, chainPem, privateKeyPem } = bundle;
  await replaceFile(join(versionFolder, 'cert.pem'), certificatePem, 0o644);
  await replaceFile(join(versionFolder, 'chain.pem'), chainPem, 0o644);
  await replaceFile(join(versionFolder, 'fullchain.pem'), certificatePem + chainPem, 0o644);
  await replaceFile(join(versionFolder, 'privkey.pem'), privateKeyPem, 0o600);
  await syncFolder(versions);
  const previous = await readlink(join(folder, name)).catch(() => undefined);
  const unfinished = join(versions, `${name}@link`);
  await rm(unfinished, { force: true });
  await symlink(join(versionsFolder, version), unfinished);
  await rename(unfinished, join(folder, name));
  await syncFolder(folder);
  const before = previous?.split('/').at(-1);
  if (before !== version) await removeOlder(versions, name, [version, before]);
}

/** The version before is kept for people; older ones are keys that nobody needs. */
async function removeOlder(versions: string, name: string, kept: readonly (string | undefined)[]) {
  for (const each of await readdir(versions)) {
    if (each.startsWith(`${name}@`) && !kept.includes(each))
      await rm(join(versions, each), { recursive: true, force: true });
  }
}
