import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.ts';

const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const readyWithinMs = 60_000;
const stopsWithinMs = 20_000;

/** What the first start writes to `<data>/bootstrap.json`. */
export interface Bootstrap {
  readonly account_id: string;
  readonly account_name: string;
  readonly user_name: string;
  readonly password: string;
  readonly project_id: string;
  readonly project_name: string;
  readonly access_key: string;
  readonly secret_key: string;
}

export interface ServerOptions {
  /** Given to start again on the data of another server; else a new folder, removed when the server is stopped. */
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Is given all that the program prints. */
  readonly onOutput?: (chunk: Buffer) => void;
}

/** The real program as a child process, ready to answer. */
export interface RunningServer {
  readonly dataDir: string;
  /** Such as https://127.0.0.1:49152, without a final slash. */
  readonly httpsUrl: string;
  readonly httpUrl: string;
  /** The certificate to trust for `httpsUrl`. */
  readonly caFile: string;
  readonly bootstrap: Bootstrap;
  /** From the start of the process to the first 200 of /readyz. */
  readonly startMilliseconds: number;
  readonly processId: number;
  /** Ends the process as a power cut would, and keeps the data. */
  kill(): Promise<void>;
  /** Asks the process to end, fails unless it does so in time with exit code 0, and removes the data it made. */
  stop(): Promise<void>;
}

/** Starts `src/main.ts` on free ports of 127.0.0.1; rejects with what it printed if it does not become ready. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'openccm-')));
  const [httpsPort, httpPort] = await Promise.all([freePort(), freePort()]);
  const started = performance.now();
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: projectFolder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      OPENCCM_DATA_DIR: dataDir,
      OPENCCM_HTTPS_PORT: String(httpsPort),
      OPENCCM_HTTP_PORT: String(httpPort),
      OPENCCM_LOG_LEVEL: 'warn',
      ...options.env,
    },
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      keepEnd(output, chunk);
      options.onOutput?.(chunk);
    });
  const httpUrl = `http://127.0.0.1:${httpPort}`;
  try {
    await untilReady(httpUrl, child);
  } catch (error) {
    await end(child, 'SIGKILL');
    throw new Error(`the server did not become ready:\n${output.join('')}`, { cause: error });
  }
  const startMilliseconds = performance.now() - started;
  return {
    dataDir,
    httpsUrl: `https://127.0.0.1:${httpsPort}`,
    httpUrl,
    caFile: join(dataDir, 'ca.pem'),
    bootstrap: JSON.parse(await readFile(join(dataDir, 'bootstrap.json'), 'utf8')),
    startMilliseconds,
    processId: child.pid ?? -1,
    kill: async () => {
      await end(child, 'SIGKILL');
    },
    stop: async () => {
      const code = await end(child, 'SIGTERM');
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
      if (code !== 0) throw new Error(`the server ended with ${code} when it was asked to stop`);
    },
  };
}

// Read on, or a full pipe would stop the server; keep only the end.
function keepEnd(output: string[], chunk: Buffer): void {
  output.push(chunk.toString());
  if (output.length > 200) output.shift();
}

async function untilReady(httpUrl: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  for (;;) {
    const ready = await fetch(`${httpUrl}/readyz`).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status === 200;
      },
      () => false,
    );
    if (ready) return;
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`no answer within ${readyWithinMs} ms`);
    await delay(20);
  }
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  const lastResort = setTimeout(() => child.kill('SIGKILL'), stopsWithinMs);
  await ended;
  clearTimeout(lastResort);
  return child.exitCode;
}
