import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, buildApp } from '../../src/app.ts';
import { AdvancingClock, systemClock } from '../../src/platform/clock.ts';
import { type Environment, readConfig } from '../../src/platform/config.ts';
import type { MovableClock } from '../../src/platform/dev-clock.ts';
import { silentLog } from '../../src/platform/log.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { ReachableServer } from './api-client.ts';
import { freePort } from './free-port.ts';

export interface AppOptions {
  /** Given to start again on the data of another app; else a new folder, removed when the app is closed. */
  readonly dataDir?: string;
  readonly env?: Environment;
  /** Default: runs with the machine's. */
  readonly clock?: MovableClock;
}

/** The whole program in this process, listening on free ports of 127.0.0.1. */
export interface RunningApp extends ReachableServer {
  readonly app: App;
  readonly clock: MovableClock;
  readonly dataDir: string;
  readonly httpUrl: string;
  /** Undefined without OPENCCM_METRICS_PORT. */
  readonly metricsUrl: string | undefined;
  /** May be called again. */
  close(): Promise<void>;
}

/** Starts the program; rejects with its `StartRefused` if it cannot start. */
export async function startApp(options: AppOptions = {}): Promise<RunningApp> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'openccm-app-')));
  const clock = options.clock ?? new AdvancingClock();
  const [httpsPort, httpPort] = await Promise.all([freePort(), freePort()]);
  const config = readConfig({
    OPENCCM_DATA_DIR: dataDir,
    OPENCCM_HTTPS_PORT: String(httpsPort),
    OPENCCM_HTTP_PORT: String(httpPort),
    // Tests that want RSA keys wait for them; the others do not heat the machine.
    OPENCCM_RSA_POOL_SIZE: '0',
    ...options.env,
  });
  const ports = { clock, tlsClock: systemClock, random: systemRandom, log: silentLog, hostName: hostname() };
  const app = await buildApp(config, ports);
  let servers: Awaited<ReturnType<App['listen']>>;
  try {
    servers = await app.listen();
  } catch (error) {
    await app.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await app.close();
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  return {
    app,
    clock,
    dataDir,
    httpsUrl: `https://127.0.0.1:${servers.httpsPort}`,
    httpUrl: `http://127.0.0.1:${servers.httpPort}`,
    metricsUrl: servers.metricsPort === undefined ? undefined : `http://127.0.0.1:${servers.metricsPort}`,
    caFile: join(dataDir, 'ca.pem'),
    bootstrap: JSON.parse(await readFile(join(dataDir, 'bootstrap.json'), 'utf8')),
    close() {
      closing ??= close();
      return closing;
    },
  };
}
