import { createServer } from 'node:http';
import { isMainThread } from 'node:worker_threads';

/**
 * Preloaded into a server: answers, on a port of its own, how much processor time the main thread has used, in microseconds. That is
 * what a request takes from all others, however busy the machine is.
 */
export interface Probe {
  readonly threadMicroseconds: number;
  readonly residentBytes: number;
}

const port = Number(process.env.OPENCCM_TEST_PROBE_PORT);
// Threads preload it too.
if (isMainThread && port > 0)
  createServer((_request, response) => {
    const { user, system } = process.threadCpuUsage();
    const probe: Probe = { threadMicroseconds: user + system, residentBytes: process.memoryUsage.rss() };
    response.end(JSON.stringify(probe));
  })
    .listen(port, '127.0.0.1')
    .unref();
