import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Result } from 'autocannon';
import type { AccessKey } from '../test/support/sign-request.ts';

/** One request, repeated on so many connections for so long. */
export interface Load {
  readonly url: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** Instead of the path of `url`: each request, on whichever connection, takes the next; after the last comes the first. */
  readonly paths?: readonly string[];
  readonly connections: number;
  /** A new connection for each request, which is a GET over plain HTTP without headers; so many at a time. */
  readonly connectionEach?: boolean;
  readonly seconds: number;
  /** To trust, for HTTPS. */
  readonly caFile?: string;
  /** Signs each request; its query, if any, is not signed, so there must be none. */
  readonly accessKey?: AccessKey;
}

export interface Measured {
  readonly name: string;
  readonly connections: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

const generator = fileURLToPath(new URL('load-generator.ts', import.meta.url));

/** Runs the load in a process of its own; throws if a single answer was not 2xx: failures are fast and would flatter. */
export async function measure(name: string, load: Load): Promise<Measured> {
  const child = spawn(process.execPath, [generator], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(JSON.stringify(load));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${name}: the load generator ended with ${code}`);
  const result: Result = JSON.parse(Buffer.concat(chunks).toString());
  const failures = result.non2xx + result.errors + result.timeouts;
  if (failures > 0 || result['2xx'] === 0)
    throw new Error(`${name}: ${failures} failures, ${result['2xx']} answers`);
  return {
    name,
    connections: load.connections,
    requestsPerSecond: result['2xx'] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    maxMs: result.latency.max,
  };
}
