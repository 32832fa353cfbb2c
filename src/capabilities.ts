import { createIam, type Iam } from './iam/index.ts';
import { createJobs, type Jobs } from './jobs/index.ts';
import {
  createKeyStore,
  createKms,
  createSecretWrapper,
  kmsLimits,
  type MasterKey,
  projectContents,
  type Token,
} from './kms/index.ts';
import { createObjectStorage, type OpenStore, objectStorageLimits } from './object-storage/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import type { Database } from './platform/db/index.ts';
import type { MovableClock } from './platform/dev-clock.ts';
import type { Log } from './platform/log.ts';
import type { Random } from './platform/random.ts';
import { createPrivateCa, crlUsers, privateCaLimits } from './private-ca/index.ts';
import { authoritySource, bssRoutes, certificateSource } from './protocols/index.ts';
import { createRevocation, createRevocationPort, revocationLimits } from './revocation/index.ts';
import { openSslCertificates, type SslConfiguration, sslLimits } from './ssl-certificates/index.ts';

/** What every capability stands on. */
export interface BasePorts {
  readonly clock: MovableClock;
  readonly random: Random;
  readonly log: Log;
  readonly database: Database;
}

/** What was opened before the capabilities. */
export interface Opened {
  readonly base: BasePorts;
  readonly masterKey: MasterKey;
  readonly token: Token | undefined;
  readonly objectStore: OpenStore;
  readonly sslConfiguration: SslConfiguration;
  /** Where SSL certificates are put if no target is configured. */
  readonly deployedFolder: string;
  /** The machine's own time. */
  readonly machineClock: Clock;
}

/** As clients reach the API, and relying parties the HTTP port; without a slash at the end. */
export interface PublicUrls {
  readonly publicUrl: string;
  readonly publicHttpUrl: string;
}

const catalog = [
  { name: 'iam', type: 'iam', path: '/v3', global: true },
  { name: 'scm', type: 'scm', path: '/v3', global: true },
  { name: 'ccm', type: 'ccm', path: '/v1', global: true },
  { name: 'kms', type: 'kms', path: '/v1.0/$(project_id)s', global: false },
];

const sessionSweep = { kind: 'iam:sessions:sweep', key: 'all', accountId: 'system' };
const sessionSweepMs = 3_600_000;
/** Tells lower capabilities which rows of higher ones need a project, an agency or a bucket. */
const dependents = [...projectContents, ...crlUsers];

/** The capabilities, each from its ports, and what time starts in them. */
export async function createCapabilities(
  config: Config,
  { publicUrl, publicHttpUrl }: PublicUrls,
  { base, masterKey, token, objectStore, ...opened }: Opened,
) {
  const jobs = createJobs(base);
  const keyStore = createKeyStore({
    ...base,
    masterKey,
    rsaPoolSizes: rsaPoolSizes(config.rsaPoolSize),
    token,
    scheduler: jobs,
  });
  const secretWrapper = createSecretWrapper({ ...base, masterKey });
  const iam = createIam({
    ...base,
    machineClock: opened.machineClock,
    secretWrapper,
    publicUrl,
    services: catalog,
    dependents,
    limits: [
      kmsLimits,
      objectStorageLimits,
      privateCaLimits,
      revocationLimits,
      sslLimits(opened.sslConfiguration),
    ],
  });
  const { identity, principalExists } = iam;
  const region = config.bootstrap.projectName;
  const kmsPorts = {
    ...base,
    identity,
    scheduler: jobs,
    masterKey,
    token,
    keyStore,
    principalExists,
    region,
  };
  const kms = createKms(kmsPorts);
  const objectStorage = createObjectStorage({ ...base, identity, dependents, store: objectStore.store });
  const publication = {
    ...base,
    identity,
    agencies: iam.serviceAgencies,
    objectStorage: objectStorage.objects,
    jobs,
    publicHttpUrl,
  };
  const caPorts = { hsm: config.pkcs11, region, prices: config.caPrices };
  const accountExists = (id: string) => principalExists('domain', id);
  const privateCaPorts = { ...base, ...caPorts, identity, keyStore, jobs, accountExists };
  const privateCa = createPrivateCa({ ...privateCaPorts, revocation: createRevocationPort(publication) });
  const revocation = createRevocation({ ...publication, keyStore, records: privateCa.records });

  const sslCertificates = await openSslCertificates({
    ...base,
    identity,
    keyStore,
    jobs,
    publicUrl,
    project: region,
    configuration: opened.sslConfiguration,
    deployedFolder: opened.deployedFolder,
    machineClock: opened.machineClock,
    serverCertificates: privateCa.serverCertificates,
    publishStatus: (accountId, caId) =>
      revocation.ensureOcsp(identity.systemActor(accountId, 'ssl-issuer'), caId),
  });

  const bss = bssRoutes({
    authorities: privateCa.orders,
    // Certificates first: their ids have a form of their own.
    sources: [certificateSource(sslCertificates.orders), authoritySource(privateCa.orders)],
    regionCode: region,
  });

  const handlers = {
    ...keyStore.jobHandlers,
    ...kms.jobHandlers,
    ...privateCa.jobHandlers,
    ...revocation.jobHandlers,
    ...sslCertificates.jobHandlers,
  };
  for (const [kind, handler] of Object.entries(handlers)) jobs.handle(kind, handler);
  await sweepSessions(base, jobs, iam);
  await sslCertificates.ensureJobs();
  return { jobs, keyStore, iam, kms, objectStorage, privateCa, revocation, sslCertificates, bss };
}

export type Capabilities = Awaited<ReturnType<typeof createCapabilities>>;

async function sweepSessions(
  base: BasePorts,
  jobs: Jobs,
  iam: Pick<Iam, 'removeExpiredSessions' | 'expireApprovals'>,
): Promise<void> {
  jobs.handle(sessionSweep.kind, async () => {
    await iam.removeExpiredSessions();
    await iam.expireApprovals();
    return { nextDueMs: base.clock.nowMs() + sessionSweepMs };
  });
  const dueMs = base.clock.nowMs() + sessionSweepMs;
  await base.database.transaction((transaction) => jobs.ensure(transaction, { ...sessionSweep, dueMs }));
}

/** Long keys take many times longer to make, and are asked for less often. */
function rsaPoolSizes(size: number) {
  return { RSA2048: size, RSA3072: Math.ceil(size / 4), RSA4096: Math.ceil(size / 2) };
}
