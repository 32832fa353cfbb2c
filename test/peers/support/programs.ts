import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where test/peers/install.sh puts what is not from Debian. */
const peersFolder =
  process.env.OPENCCM_TEST_PEERS_DIR ?? fileURLToPath(new URL('../../../.peers', import.meta.url));
const outputLimitBytes = 64 * 1024 * 1024;
const endsWithinMs = 120_000;

/** The path of a program on the PATH or among the installed peers; throws if it is missing: a peer is never skipped. */
export function program(name: string): string {
  if (name.includes('/')) return name;
  const folders = [
    join(peersFolder, 'venv/bin'),
    join(peersFolder, 'bin'),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  for (const folder of [...folders, '/usr/sbin']) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // It may be in a later folder.
    }
  }
  throw new Error(`${name} is missing: run test/peers/install.sh, or put it on the PATH`);
}

/** The Python in which the peers of test/peers/python/requirements.txt are installed. */
export function peersPython(): string {
  const path = join(peersFolder, 'venv/bin/python');
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw new Error(`${path} is missing: run test/peers/install.sh`);
  }
  return path;
}

/** Where Java finds Bouncy Castle. */
export function bouncyCastleClassPath(): string {
  const jars = join(peersFolder, 'java/*');
  if (globSync(`${jars}.jar`).length < 3) throw new Error(`${jars} is missing: run test/peers/install.sh`);
  return jars;
}

export interface Output {
  /** The exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a program to its end and resolves whatever its exit code is. */
export function attempt(name: string, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  const env = { ...process.env, ...options.env };
  return new Promise((resolve, reject) => {
    const settings = { cwd: options.cwd, env, maxBuffer: outputLimitBytes, timeout: endsWithinMs };
    const child = execFile(program(name), [...args], settings, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number')
        reject(new Error(`${name} did not end by itself`, { cause: error }));
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
    // A program may end without reading its input.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs a program that must succeed, and resolves with what it printed on standard output. */
export async function run(name: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await attempt(name, args, options);
  if (output.code !== 0)
    throw new Error(`${name} ${args.join(' ')}: exit ${output.code}\n${output.stdout}\n${output.stderr}`);
  return output.stdout;
}

/** A program that runs until it is stopped; `said` is what it printed so far. */
export interface Service {
  said(): string;
  stop(): Promise<void>;
}

/** Starts a program that serves. */
export function serve(
  name: string,
  args: readonly string[],
  options: Pick<RunOptions, 'cwd' | 'env'> = {},
): Service {
  const env = { ...process.env, ...options.env };
  const child = spawn(program(name), [...args], { cwd: options.cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    said: () => output.join(''),
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
