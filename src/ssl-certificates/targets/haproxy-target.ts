import { X509Certificate } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { folderName } from './file-names.ts';
import { HaproxyRuntimeApi } from './haproxy-runtime-api.ts';
import { findUnserved } from './probe.ts';
import { readIfPresent, replaceFile } from './replace-files.ts';
import { SerialQueue } from './serial-queue.ts';
import { type CertificateBundle, type Target, TargetFailure } from './target.ts';
import type { HaproxyConfiguration } from './target-configuration.ts';
import type { TargetPorts } from './target-ports.ts';

const defaultTimeoutSeconds = 10;

type Resource = HaproxyConfiguration['resources'][string];

/** A running HAProxy, which takes certificates without a reload; files keep them for its next start. */
export function createHaproxyTarget(
  { outbound }: Pick<TargetPorts, 'outbound'>,
  configuration: HaproxyConfiguration,
): Target {
  const {
    socket,
    resources,
    push_folder: pushFolder,
    timeout_seconds: timeoutSeconds = defaultTimeoutSeconds,
  } = configuration;
  const api = new HaproxyRuntimeApi(outbound, socket, timeoutSeconds * 1_000);
  // HAProxy has one transaction at a time for all its certificates.
  const queue = new SerialQueue();
  const deploy = (resource: Resource, bundle: CertificateBundle) =>
    queue.run('haproxy', () => replaceServed({ outbound, api, configuration }, resource, bundle));
  return {
    async push(bundle) {
      if (pushFolder === undefined)
        throw new TargetFailure(
          'refused',
          'HAProxy: no folder for pushed certificates; deploy to a resource.',
        );
      const certificateFile = join(pushFolder, `${folderName(bundle.certificateId)}.pem`);
      await deploy({ certificate_file: certificateFile }, bundle);
      return bundle.certificateId;
    },
    async deploy(bundle, { id, domainName }) {
      const name = id || domainName;
      const resource = Object.hasOwn(resources, name) && resources[name];
      if (!resource) throw new TargetFailure('no-such-resource', `HAProxy: resource ${name} does not exist`);
      await deploy(resource, bundle);
      return { targetCertificateId: bundle.certificateId, resourceName: resource.name ?? name };
    },
    resourcesUsing: async () => undefined,
  };
}

interface Haproxy {
  readonly outbound: TargetPorts['outbound'];
  readonly api: HaproxyRuntimeApi;
  readonly configuration: HaproxyConfiguration;
}

async function replaceServed(haproxy: Haproxy, resource: Resource, bundle: CertificateBundle): Promise<void> {
  const { api, configuration } = haproxy;
  const { certificate_file: file } = resource;
  const before = await readIfPresent(file);
  const held = await api.find(file);
  const isUsed = held?.isUsed ?? false;
  try {
    if (held === undefined) await api.create(file);
    await api.replace(file, pemOf(bundle));
    if (!isUsed) await addToList(haproxy, file);
    await requireServed(haproxy, resource, bundle);
    // Last: until it is known to work, a restart finds the former certificate.
    if (before !== undefined) await replaceFile(`${file}.previous`, before, 0o600);
    await replaceFile(file, pemOf(bundle), 0o600);
    if (!isUsed) await appendToListFile(configuration.crt_list, file);
  } catch (error) {
    const outcome = await putBack(haproxy, file, { isUsed, before });
    const reason = error instanceof Error ? error.message : String(error);
    throw new TargetFailure('refused', `${reason}. ${outcome}`, { cause: error });
  }
}

/** The order in which HAProxy's own documentation has them. No empty line: it would end the command. */
function pemOf({ certificatePem, chainPem, privateKeyPem }: CertificateBundle): string {
  return `${certificatePem}${chainPem}${privateKeyPem}`.replace(/\n{2,}/g, '\n');
}

async function addToList(
  { api, configuration: { crt_list: crtList } }: Haproxy,
  file: string,
): Promise<void> {
  if (crtList === undefined)
    throw new Error(`HAProxy: ${file} is new to it, and no crt_list is configured to add it to`);
  await api.addToList(crtList, file);
}

/** A folder needs no entry: HAProxy reads all of it when it starts. */
async function appendToListFile(crtList: string | undefined, file: string): Promise<void> {
  if (crtList === undefined || (await stat(crtList)).isDirectory()) return;
  const list = (await readIfPresent(crtList)) ?? '';
  if (list.split('\n').some((line) => line.trim().split(/[\s[]/)[0] === file)) return;
  await replaceFile(crtList, `${list}${list === '' || list.endsWith('\n') ? '' : '\n'}${file}\n`, 0o644);
}

async function requireServed(
  { outbound, api, configuration }: Haproxy,
  { certificate_file: certificateFile, probe = [] }: Resource,
  bundle: CertificateBundle,
): Promise<void> {
  const wanted = new X509Certificate(bundle.certificatePem).fingerprint.replaceAll(':', '').toLowerCase();
  const held = await api.find(certificateFile);
  if (held?.sha1 !== wanted) throw new Error(`HAProxy: it holds another certificate for ${certificateFile}`);
  const problem = await findUnserved(outbound, probe, bundle, configuration.probe_seconds);
  if (problem !== undefined) throw new Error(problem);
}

async function putBack(
  { api, configuration }: Haproxy,
  file: string,
  { isUsed, before }: { readonly isUsed: boolean; readonly before: string | undefined },
): Promise<string> {
  try {
    if (before === undefined) await rm(file, { force: true });
    else await replaceFile(file, before, 0o600);
    if (!isUsed) {
      await api.remove(configuration.crt_list, file);
      return 'It was taken out again.';
    }
    if (before === undefined) return `The former certificate could not be put back: it is not in ${file}.`;
    await api.replace(file, `${before.trim()}\n`.replace(/\n{2,}/g, '\n'));
    return 'The former certificate is in use again.';
  } catch (error) {
    return `The former certificate could not be put back: ${error instanceof Error ? error.message : error}.`;
  }
}
