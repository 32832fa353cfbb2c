import { folderName } from './file-names.ts';
import { writeCertificate } from './folder-target.ts';
import { findUnserved } from './probe.ts';
import {
  completePair,
  type FilePair,
  type PairContent,
  readPair,
  removePair,
  replaceFile,
  replacePair,
} from './replace-files.ts';
import { runCommand } from './run-command.ts';
import { SerialQueue } from './serial-queue.ts';
import { type CertificateBundle, type Target, TargetFailure } from './target.ts';
import type { NginxConfiguration } from './target-configuration.ts';
import type { TargetPorts } from './target-ports.ts';

const defaultTest = ['nginx', '-t', '-q'];
const defaultReload = ['nginx', '-s', 'reload'];
const defaultTimeoutSeconds = 30;

type Resource = NginxConfiguration['resources'][string];

/** Files of an nginx on this machine. What a crash left half done is made whole first. */
export async function openNginxTarget(
  ports: Pick<TargetPorts, 'outbound'>,
  configuration: NginxConfiguration,
): Promise<Target> {
  for (const files of Object.values(configuration.resources)) await completePair(files);
  // One test and one reload at a time: each looks at the files of all resources.
  const queue = new SerialQueue();
  return {
    async push(bundle) {
      const { push_folder: pushFolder } = configuration;
      if (pushFolder === undefined)
        throw new TargetFailure('refused', 'nginx: no folder for pushed certificates; deploy to a resource.');
      await queue.run('nginx', () => writeCertificate(pushFolder, folderName(bundle.certificateId), bundle));
      return bundle.certificateId;
    },
    async deploy(bundle, { id, domainName }) {
      const name = id || domainName;
      const resource = Object.hasOwn(configuration.resources, name) && configuration.resources[name];
      if (!resource) throw new TargetFailure('no-such-resource', `nginx: resource ${name} does not exist`);
      await queue.run('nginx', () => new Deployment(ports, configuration, resource, bundle).run());
      return { targetCertificateId: bundle.certificateId, resourceName: resource.name ?? name };
    },
    resourcesUsing: async () => undefined,
  };
}

class Deployment {
  readonly #outbound: TargetPorts['outbound'];
  readonly #configuration: NginxConfiguration;
  readonly #resource: Resource;
  readonly #bundle: CertificateBundle;

  constructor(
    { outbound }: Pick<TargetPorts, 'outbound'>,
    configuration: NginxConfiguration,
    resource: Resource,
    bundle: CertificateBundle,
  ) {
    this.#outbound = outbound;
    this.#configuration = configuration;
    this.#resource = resource;
    this.#bundle = bundle;
  }

  async run(): Promise<void> {
    const files = this.#resource;
    const { certificatePem, chainPem, privateKeyPem } = this.#bundle;
    await completePair(files);
    const before = await readPair(files);
    if (before) await keepPrevious(files, before);
    await replacePair(files, { certificate: certificatePem + chainPem, key: privateKeyPem });
    try {
      await this.#activate();
      const { probe = [] } = this.#resource;
      const problem = await findUnserved(
        this.#outbound,
        probe,
        this.#bundle,
        this.#configuration.probe_seconds,
      );
      if (problem !== undefined) throw new Error(problem);
    } catch (error) {
      const outcome = await this.#putBack(before);
      throw new TargetFailure('refused', `${messageOf(error)}. ${outcome}`, { cause: error });
    }
  }

  async #activate(): Promise<void> {
    const {
      test = defaultTest,
      reload = defaultReload,
      timeout_seconds: timeoutSeconds,
    } = this.#configuration;
    const timeoutMs = (timeoutSeconds ?? defaultTimeoutSeconds) * 1_000;
    await runCommand(test, timeoutMs);
    await runCommand(reload, timeoutMs);
  }

  async #putBack(before: PairContent | undefined): Promise<string> {
    try {
      if (before) await replacePair(this.#resource, before);
      else await removePair(this.#resource);
      await this.#activate();
      return before ? 'The former certificate is in place again.' : 'The files were removed again.';
    } catch (error) {
      return `The former files are back, but nginx did not take them: ${messageOf(error)}.`;
    }
  }
}

async function keepPrevious(
  { certificate_file: certificateFile, key_file: keyFile }: FilePair,
  content: PairContent,
): Promise<void> {
  await replaceFile(`${keyFile}.previous`, content.key, 0o600);
  await replaceFile(`${certificateFile}.previous`, content.certificate, 0o644);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
