import { enableCompileCache } from 'node:module';
import { availableParallelism, hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// Signatures and key generation run on libuv's pool of threads, whose size is read when it is first used: before the rest is loaded.
// One for each processor: with libuv's usual four on two, issuing cost a quarter more processor time, spent on switching threads.
process.env.UV_THREADPOOL_SIZE ??= String(Math.max(2, availableParallelism()));

// The database and its log hold secrets, wrapped as they are: files are for this user alone unless their writer says otherwise.
process.umask(0o077);

// The signal would open the inspector, by which whoever reaches its port runs any code and reads every key. Node's own option for this,
// --disable-sigusr1, closes the moment before this line too.
process.on('SIGUSR1', () => {});

// A third less work at every start but the first. Beside the code it belongs to: in a folder for all users, as is the default, another
// could leave code for this one to run. Where it cannot be written Node goes without.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/openccm', import.meta.url)));

const { buildApp } = await import('./app.ts');
const { AdvancingClock, systemClock } = await import('./platform/clock.ts');
const { readConfig } = await import('./platform/config.ts');
const { DatabaseUnavailable } = await import('./platform/db/index.ts');
const { createLog } = await import('./platform/log.ts');
const { systemRandom } = await import('./platform/random.ts');
const { StartRefused } = await import('./platform/start-refused.ts');

type App = Awaited<ReturnType<typeof buildApp>>;

/** Beyond this something hangs that should not; the rest is left to the next start. */
const longestShutdownMs = 20_000;

async function start(): Promise<void> {
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  const app = await buildApp(config, {
    clock: new AdvancingClock(),
    tlsClock: systemClock,
    random: systemRandom,
    log,
    hostName: hostname(),
  });
  endOnSignal(app, config.drainSeconds * 1_000);
  try {
    const { httpsPort, httpPort, metricsPort } = await app.listen();
    announce(app, `https://${config.host}:${httpsPort}`, `http://${config.host}:${httpPort}`);
    if (metricsPort !== undefined)
      process.stdout.write(`Metrics are on http://${config.metrics.host}:${metricsPort}/metrics.\n`);
  } catch (error) {
    await app.close();
    throw error;
  }
}

function announce(app: App, httpsUrl: string, httpUrl: string): void {
  const lines = [`OpenCCM serves its API on ${httpsUrl} and ${httpUrl} for health and what must be plain.`];
  if (app.created) {
    const { accountName, userName, password, projectName, accessKey, secretKey } = app.created;
    // What is no terminal is often a file or a collector of logs, which keeps secrets for years.
    if (process.stdout.isTTY)
      lines.push(
        `First start. These credentials are shown once and kept in ${app.bootstrapFile}:`,
        `  account ${accountName}, user ${userName}, password ${password}, project ${projectName}`,
        accessKey === undefined ? '  no access key' : `  access key ${accessKey}, secret key ${secretKey}`,
      );
    else
      lines.push(
        `First start. The credentials of ${userName} of account ${accountName}, project ${projectName},`,
        `are in ${app.bootstrapFile}, which only this user can read.`,
      );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The first signal ends the program in order, the second at once. */
function endOnSignal(app: App, drainMs: number): void {
  let isEnding = false;
  const end = async (): Promise<void> => {
    if (isEnding) process.exit(1);
    isEnding = true;
    setTimeout(() => process.exit(1), drainMs + longestShutdownMs).unref();
    app.beUnready();
    await sleep(drainMs);
    await app.close();
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end().catch(refuse));
}

function refuse(error: unknown): void {
  process.stderr.write(`${explanationOf(error)}\n`);
  process.exit(1);
}

function explanationOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof StartRefused || error instanceof DatabaseUnavailable) return error.message;
  return String(error.stack);
}

await start().catch(refuse);
