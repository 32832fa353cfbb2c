import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { type BasePorts, type Capabilities, createCapabilities, type Opened } from './capabilities.ts';
import { type CreatedAccount, migrations as iamMigrations, identityVersions } from './iam/index.ts';
import {
  bootstrapFile,
  bootstrapInstallation,
  openInstallationDatabase,
  openInstallationMasterKey,
  openInstallationObjectStore,
  openInstallationToken,
  publicHttpUrlOf,
  publicUrlOf,
  readInstallationSslConfiguration,
} from './installation.ts';
import { type Jobs, jobsMigrations } from './jobs/index.ts';
import { apiErrors as kmsErrors, migrations as kmsMigrations, kmsVersion } from './kms/index.ts';
import {
  apiErrors as objectStorageErrors,
  migrations as objectStorageMigrations,
} from './object-storage/index.ts';
import type { Clock } from './platform/clock.ts';
import type { Config } from './platform/config.ts';
import { type DataFolder, openDataFolder } from './platform/data-folder.ts';
import { settingsMigrations } from './platform/db/index.ts';
import { advanceDevClock, type MovableClock, restoreDevClock } from './platform/dev-clock.ts';
import { reasonOf } from './platform/errors.ts';
import {
  createHttpApp,
  describeApi,
  HttpLimits,
  registerApi,
  registerMetrics,
  registerOperations,
} from './platform/http/index.ts';
import type { Log } from './platform/log.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import type { Random } from './platform/random.ts';
import { Readiness } from './platform/readiness.ts';
import { StartRefused } from './platform/start-refused.ts';
import { apiErrors as privateCaErrors, migrations as privateCaMigrations } from './private-ca/index.ts';
import { bssErrors } from './protocols/index.ts';
import { type Revocation, migrations as revocationMigrations } from './revocation/index.ts';
import { type Servers, serve } from './serve.ts';
import {
  type SslCertificates,
  apiErrors as scmErrors,
  migrations as sslCertificatesMigrations,
} from './ssl-certificates/index.ts';
import { openSystemCa } from './system-ca/index.ts';

/** What the machine is to the program. */
export interface AppPorts {
  readonly clock: MovableClock;
  /** The machine's own time, for what clients compare with theirs: certificates of this server. */
  readonly tlsClock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hostName: string;
}

export interface App {
  /** The first account, if this start made it: the only time that its secrets are known. */
  readonly created: CreatedAccount | undefined;
  /** Where `created` was written. */
  readonly bootstrapFile: string;
  /** Opens the ports of the configuration and begins with the work that is due. Throws `StartRefused`. */
  listen(): Promise<Servers>;
  /** Runs all jobs that are due. */
  runDueJobs(): Promise<void>;
  /** From now on this node says that it is not ready, so that load balancers leave it before it closes. */
  beUnready(): void;
  /** Lets requests and jobs in flight finish, then closes everything. */
  close(): Promise<void>;
}

/** Requests in flight have so long to finish when the program ends. */
const closeGraceMs = 10_000;
/** A large database is checked on while requests are served. */
const longestStartCheckMs = 2_000;
const version = '0.1.0';

export const migrations = {
  ...settingsMigrations,
  ...jobsMigrations,
  ...kmsMigrations,
  ...iamMigrations,
  ...objectStorageMigrations,
  ...privateCaMigrations,
  ...revocationMigrations,
  ...sslCertificatesMigrations,
};

/** Puts the program together. Throws `StartRefused` for what the operator can mend. */
export async function buildApp(config: Config, ports: AppPorts): Promise<App> {
  const { clock, random, log } = ports;
  const folder = await openDataFolder(config.dataDir);
  const metrics = createMetrics(new Set(['createCertificate', 'createCertificateByCsr']));
  const observe = metrics.observeCommit;
  const database = await openInstallationDatabase(config, folder, { migrations, log, observe });
  const token = openInstallationToken(config, { clock: ports.tlsClock, log });
  try {
    if (config.devClock) await restoreDevClock(clock, database);
    const base = { database, clock, random, log };
    const masterKey = await openInstallationMasterKey(config, folder, base, token);
    const storePorts = { random, machineClock: ports.tlsClock, hostName: ports.hostName };
    const objectStore = await openInstallationObjectStore(config, folder, storePorts);
    const sslConfiguration = await readInstallationSslConfiguration(config);
    return await assemble(config, ports, {
      base,
      folder,
      metrics,
      masterKey,
      token,
      objectStore,
      sslConfiguration,
      deployedFolder: folder.pathOf('deployed'),
      machineClock: ports.tlsClock,
    });
  } catch (error) {
    await token?.close();
    await database.close();
    throw error;
  }
}

interface Foundation extends Opened {
  readonly folder: DataFolder;
  readonly metrics: Metrics;
}

async function assemble(config: Config, ports: AppPorts, foundation: Foundation): Promise<App> {
  const { base, folder } = foundation;
  const soundness = checkDatabase(base);
  // `listen` waits for it for a while; what is found later is in the log.
  soundness.catch(() => {});
  const publicUrl = publicUrlOf(config, ports.hostName);
  const publicHttpUrl = publicHttpUrlOf(config, ports.hostName);
  const capabilities = await createCapabilities(config, { publicUrl, publicHttpUrl }, foundation);
  const { jobs, keyStore, iam } = capabilities;
  const limits = new HttpLimits(config.limits, base.clock, foundation.metrics.countRefusal);
  const { api, description } = await createApi(config, publicUrl, capabilities, { ...foundation, limits });
  let isOpen = true;
  const readiness = new Readiness(() => base.database.probe());
  const ready = async () => isOpen && (await readiness.state()).isReady;
  const operations = await createOperations(config, api, { ...foundation, ...capabilities, limits, ready });
  const metricsApp = await createMetricsApp(config, { ...foundation, limits });
  const systemCa = await openSystemCa({ ...base, keyStore, clock: ports.tlsClock });
  await folder.write('ca.pem', systemCa.certificatePem, 0o644);
  const created = await bootstrapInstallation(config, folder, iam);

  let servers: Servers | undefined;
  return {
    created,
    bootstrapFile: folder.pathOf(bootstrapFile),
    runDueJobs: () => jobs.runDue(),
    async listen() {
      await Promise.race([soundness, sleep(longestStartCheckMs, undefined, { ref: false })]);
      await description.prepare();
      const { routing: serveApi } = api;
      servers = await serve(config, {
        ...ports,
        serveApi,
        serveOperations: operations.routing,
        serveMetrics: metricsApp.routing,
        systemCa,
        limits,
      });
      jobs.start();
      keyStore.start();
      return servers;
    },
    beUnready() {
      isOpen = false;
    },
    async close() {
      isOpen = false;
      await servers?.close(closeGraceMs);
      await jobs.close();
      await keyStore.close();
      await foundation.token?.close();
      await Promise.all([api.close(), operations.close(), metricsApp.close()]);
      await base.database.close();
    },
  };
}

/**
 * Reads the whole database beside the start. A malformed one refuses the start; where that is found only later, the database refuses
 * all writing from then on.
 */
async function checkDatabase({ database, log }: BasePorts): Promise<void> {
  const problems = await database.checkIntegrity().catch((error: unknown) => {
    log.warn({ reason: reasonOf(error) }, 'the database could not be checked');
    return [];
  });
  if (problems.length === 0) return;
  log.error({ problems }, 'the database is malformed: nothing is written to it any more');
  throw new StartRefused(
    `the database is malformed (${problems[0]}): restore a backup into the data folder, and start again`,
  );
}

/** What is served by HTTPS. */
async function createApi(
  config: Config,
  publicUrl: string,
  { iam, kms, objectStorage, privateCa, revocation, sslCertificates, bss }: Capabilities,
  { base, metrics, limits }: Foundation & { readonly limits: HttpLimits },
) {
  const { log } = base;
  const api = createHttpApp({ ...base, limits, observe: metrics.observeRequest });
  const description = await describeApi(api, version);
  await iam.register(api);
  const services = [
    { errors: kmsErrors, routes: kms.routes },
    { errors: objectStorageErrors, routes: objectStorage.routes },
    { errors: privateCaErrors, routes: privateCa.routes },
    { errors: bssErrors, routes: bss },
    { errors: privateCaErrors, routes: revocation.routes },
    { errors: scmErrors, routes: sslCertificates.routes },
  ];
  for (const { errors, routes } of services)
    await registerApi(api, { ...errors, authenticate: iam.authenticate(errors.tokenFault), log }, routes);
  await registerApi(api, { ...kmsErrors, log }, (open) => {
    kms.openRoutes(publicUrl)(open);
    const schema = { operationId: 'showVersions', tags: ['kms', 'iam'] };
    open.get('/', { schema }, async ({ headers }) =>
      isFromKmsClient(headers) ? { versions: [kmsVersion(publicUrl)] } : identityVersions(publicUrl),
    );
  });
  await api.register(sslCertificates.publicRoutes);
  if (config.metrics.token !== undefined) registerMetrics(api, metrics, config.metrics.token);
  await api.ready();
  return { api, description };
}

/** Two services answer `GET /`, each to clients that cannot read the other: KMS under its own name or to the vendor's SDK. */
function isFromKmsClient(headers: IncomingHttpHeaders): boolean {
  return Boolean(headers.host?.startsWith('kms.') || headers['user-agent']?.includes('huaweicloud-usdk'));
}

interface OperationsPorts extends Pick<Foundation, 'metrics' | 'objectStore'> {
  readonly base: BasePorts;
  readonly jobs: Jobs;
  readonly revocation: Revocation;
  readonly sslCertificates: SslCertificates;
  readonly limits: HttpLimits;
  readonly ready: () => Promise<boolean>;
}

async function createOperations(
  config: Config,
  api: FastifyInstance,
  ports: OperationsPorts,
): Promise<FastifyInstance> {
  const { base, jobs, limits, metrics, ready } = ports;
  const { clock, database, log } = base;
  metrics.watchBacklog(async () => {
    const { count, oldestReadyMs = clock.nowMs() } = await jobs.backlog();
    return { count, lagSeconds: (clock.nowMs() - oldestReadyMs) / 1_000, slow: jobs.slowJobs() };
  });
  const advanceClock = async (ms: number) => {
    await advanceDevClock(clock, database, ms);
    await jobs.runDue();
    return clock.nowMs();
  };
  const operations = createHttpApp({
    ...base,
    limits,
    ...(config.httpApi ? { otherwise: api.routing } : {}),
  });
  await registerOperations(operations, {
    ready,
    log,
    advanceClock: config.devClock ? advanceClock : undefined,
  });
  await ports.objectStore.serve(operations, log);
  await ports.revocation.publicRoutes(operations);
  await operations.register(ports.sslCertificates.publicRoutes);
  await operations.ready();
  return operations;
}

/** Serves the metrics on a listener of their own. */
async function createMetricsApp(
  config: Config,
  { base, metrics, limits }: Foundation & { readonly limits: HttpLimits },
): Promise<FastifyInstance> {
  const app = createHttpApp({ ...base, limits });
  registerMetrics(app, metrics, config.metrics.token);
  await app.ready();
  return app;
}
