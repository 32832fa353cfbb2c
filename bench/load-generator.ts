import { readFileSync } from 'node:fs';
import autocannon, { type Request } from 'autocannon';
import { signedHeaders } from '../test/support/sign-request.ts';
import { runWithConnectionEach } from './connection-each.ts';
import type { Load } from './load.ts';

// A process of its own, so that making requests does not wait for what the benchmark does, nor the other way round.
const load: Load = JSON.parse(readFileSync(0, 'utf8'));
const url = new URL(load.url);
const request: Request = {
  method: load.method,
  path: url.pathname + url.search,
  headers: load.headers ?? {},
};
if (load.body !== undefined) {
  request.body = load.body;
  request.headers = { 'content-type': 'application/json', ...request.headers };
}
const key = load.accessKey;
if (key)
  request.setupRequest = (next) => {
    const parts = {
      method: load.method,
      host: url.host,
      path: url.pathname,
      body: load.body ?? '',
      atMs: Date.now(),
    };
    return { ...next, headers: { ...next.headers, ...signedHeaders(key, parts) } };
  };
const { paths } = load;
if (paths) {
  let taken = 0;
  request.setupRequest = (next) => ({ ...next, path: paths[taken++ % paths.length] ?? '' });
}
const viaAutocannon = () =>
  autocannon({
    url: url.origin,
    connections: load.connections,
    duration: load.seconds,
    warmup: { connections: load.connections, duration: Math.ceil(load.seconds / 5) },
    timeout: 60,
    requests: [request],
    ...(load.caFile ? { tlsOptions: { ca: readFileSync(load.caFile, 'utf8') } } : {}),
  });
const result = await (load.connectionEach ? runWithConnectionEach(load) : viaAutocannon());
process.stdout.write(JSON.stringify(result));
