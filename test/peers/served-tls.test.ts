// Needs: nginx, openssl and curl on the PATH.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { freePort } from '../support/free-port.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { createHierarchy, exportAsZip, type Hierarchy, serverName } from './support/hierarchy.ts';
import { attempt, run, type Service, serve } from './support/programs.ts';

let server: RunningServer;
let api: ApiClient;
let folder: string;
let hierarchy: Hierarchy;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'openccm-served-'));
  server = await startServer();
  api = await signIn(server);
  hierarchy = await createHierarchy(api, 'EC256', folder);
});

after(async () => {
  api?.close();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What `openssl s_client` says of a TLS server, once the server accepts connections. */
async function handshake(service: Service, port: number, root: string): Promise<string> {
  const client = [
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    '-servername',
    serverName,
    '-verify_hostname',
    serverName,
  ];
  for (let tries = 1; ; tries += 1) {
    const output = await attempt('openssl', [
      ...client,
      '-verify_return_error',
      '-x509_strict',
      '-CAfile',
      root,
    ]);
    if (output.code === 0) return output.stdout;
    if (!/connect:errno|Connection refused/.test(output.stderr) || tries === 100)
      throw new Error(`${output.stderr}\n${service.said()}`);
    await delay(50);
  }
}

test('nginx serves the exported files as they are', async () => {
  const files = await exportAsZip(api, hierarchy.certificateId, { type: 'NGINX' });
  const port = await freePort();
  for (const [name, content] of files) await writeFile(join(folder, name), content, { mode: 0o600 });
  await mkdir(join(folder, 'logs'), { recursive: true });
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid nginx.pid; error_log stderr; worker_processes 1;
     events {}
     http {
       access_log off; client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
       server { listen 127.0.0.1:${port} ssl; ssl_certificate server.crt; ssl_certificate_key server.key; return 200 "served\\n"; }
     }`,
  );
  const nginx = serve('nginx', ['-p', folder, '-c', 'nginx.conf']);
  try {
    assert.match(await handshake(nginx, port, hierarchy.root), /Verify return code: 0 \(ok\)/);
    const url = `https://${serverName}:${port}/`;
    const resolve = ['--resolve', `${serverName}:${port}:127.0.0.1`];
    assert.equal(
      await run('curl', ['-sS', '--noproxy', '*', '--cacert', hierarchy.root, ...resolve, url]),
      'served\n',
    );
    const stranger = await attempt('curl', [
      '-sS',
      '--noproxy',
      '*',
      '--cacert',
      server.caFile,
      ...resolve,
      url,
    ]);
    assert.equal(stranger.code, 60, 'another CA does not verify it');
  } finally {
    await nginx.stop();
  }
});

for (const algorithm of ['RSA2048', 'EC384'] as const)
  test(`openssl s_server serves the exported certificate (${algorithm})`, async () => {
    const other = await createHierarchy(api, algorithm, folder);
    const port = await freePort();
    const chain = ['-cert', other.leaf, '-key', other.key, '-cert_chain', other.sub];
    const service = serve('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...chain, '-www']);
    try {
      assert.match(await handshake(service, port, other.root), /Verify return code: 0 \(ok\)/);
    } finally {
      await service.stop();
    }
  });

test("the server's own certificate verifies against <data>/ca.pem", async () => {
  const url = `${server.httpsUrl}/openapi.json`;
  const fetched = await run('curl', ['-sS', '--noproxy', '*', '--cacert', server.caFile, url]);
  assert.equal(JSON.parse(fetched).openapi, '3.1.0');
});
