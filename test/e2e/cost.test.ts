import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type ApiClient, clientWith, signIn } from '../support/api-client.ts';
import { type DescribedOperation, describedOperations } from '../support/described-operations.ts';
import { type MeasuredServer, startMeasuredServer } from '../support/measured-server.ts';
import { createCa, pendingCaBody } from '../support/private-ca-requests.ts';
import { worstBodies } from '../support/worst-bodies.ts';

// The limits are for a machine of today. Bodies take a twentieth of them there, so a slow one does not fail, and a body whose cost
// grows with the square of its length, or is parsed without bounds, does. `npm run bench cost` prints the figures.
const strangerMs = 50;
const tenantMs = 100;
const usualLimitBytes = 65_536;
/** Operations that may take longer bodies; each has its reason in its routes. */
const longerBodies = { importCertificateAuthority: 2_359_296, setIssuancePolicy: 393_216 };
const answerMs = 30_000;
/** Without credentials; KMS answers 403. */
const refused = [401, 403];

let server: MeasuredServer;
let tenant: ApiClient;
let stranger: ApiClient;
let operations: readonly DescribedOperation[];
/** What the first requests for the description cost. */
let descriptionMs: readonly number[];

before(async () => {
  const env = { OPENCCM_HTTP_API: '1', OPENCCM_RATE_LIMIT_STRANGERS: '0', OPENCCM_RSA_POOL_SIZE: '0' };
  server = await startMeasuredServer(env);
  stranger = await clientWith(server, undefined);
  descriptionMs = [await costOfPage('/openapi.json'), await costOfPage('/docs/')];
  tenant = await signIn(server);
  const pending = await createCa(tenant, pendingCaBody('Cost'));
  operations = await describedOperations(tenant, { project_id: server.bootstrap.project_id, ca_id: pending });
});

after(async () => {
  tenant?.close();
  stranger?.close();
  await server?.stop();
});

const costOfPage = (path: string) => server.cost(() => stranger.send('GET', path), 1);

/** The status of a request of which the head alone is sent. */
function statusOfHead(
  { method, path }: DescribedOperation,
  declaredBytes: number,
  more = '',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.httpUrl).port), '127.0.0.1');
    const late = () => socket.destroy(new Error(`${method} ${path}: no answer before the body`));
    socket.setTimeout(answerMs, late).on('error', reject);
    socket.once('data', (chunk: Buffer) => {
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(chunk.toString())?.[1]));
      socket.destroy();
    });
    socket.write(`${method} ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${declaredBytes}\r\n${more}\r\n`);
  });
}

const hasBody = ({ method }: DescribedOperation): boolean => method !== 'GET';
const limitOf = ({ bodyLimitBytes }: DescribedOperation): number => bodyLimitBytes ?? usualLimitBytes;

describe('a stranger', () => {
  test(`takes at most ${strangerMs} ms for the description of the API, the first time too`, async () => {
    assert.ok(Math.max(...descriptionMs) <= strangerMs, `${descriptionMs.join(' and ')} ms`);
    for (const path of ['/docs/json', '/docs/yaml', '/docs/static/swagger-ui-bundle.js'])
      assert.ok((await costOfPage(path)) <= strangerMs, path);
  });

  test('is answered by every operation before the body is sent', async () => {
    const closed = operations.filter((operation) => !operation.isOpen && hasBody(operation));
    assert.ok(closed.length > 100);
    for (const operation of closed)
      assert.ok(refused.includes(await statusOfHead(operation, limitOf(operation))), operation.operationId);
  });

  test('with a key id and without a right signature is answered before the body if its hash is declared', async () => {
    const operation = operations.find(({ operationId }) => operationId === 'createKey')!;
    const date = `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    const head = (key: string) =>
      `X-Sdk-Date: ${date}\r\nX-Sdk-Content-Sha256: ${'0'.repeat(64)}\r\n` +
      `Authorization: SDK-HMAC-SHA256 Access=${key}, SignedHeaders=host;x-sdk-content-sha256;x-sdk-date, Signature=${'0'.repeat(64)}\r\n`;
    for (const key of [server.bootstrap.access_key, 'UNKNOWNKEY'])
      assert.equal(await statusOfHead(operation, 1_000, head(key)), 401);
  });

  test('may send open operations at most 64 KB, logins 16 KB', async () => {
    const open = operations.filter((operation) => operation.isOpen && hasBody(operation));
    const limits = new Map(open.map((operation) => [operation.operationId, limitOf(operation)]));
    assert.equal(limits.get('createToken'), 16_384);
    for (const operation of open) {
      assert.ok(limitOf(operation) <= usualLimitBytes, operation.operationId);
      assert.equal(await statusOfHead(operation, limitOf(operation) + 1), 413, operation.operationId);
    }
  });

  test(`takes at most ${strangerMs} ms of the event loop, whatever is sent`, async () => {
    await assertCheap(
      stranger,
      operations.filter(({ isOpen }) => isOpen),
      strangerMs,
    );
  });
});

describe('a tenant', () => {
  test('may send 64 KB, and more only where the reference needs it', () => {
    const longer = operations.filter((operation) => limitOf(operation) > usualLimitBytes);
    assert.deepEqual(
      Object.fromEntries(longer.map((operation) => [operation.operationId, limitOf(operation)])),
      longerBodies,
    );
  });

  test(`takes at most ${tenantMs} ms of the event loop, whatever is sent`, async () => {
    await assertCheap(
      tenant,
      operations.filter(({ isOpen }) => !isOpen),
      tenantMs,
    );
    // None of them has ended the session, after which all others would have been cheap.
    assert.equal((await tenant.send('GET', '/v5/caller-identity')).status, 200);
  });
});

/** Sends each operation its worst bodies, one after the other. */
async function assertCheap(
  api: ApiClient,
  tried: readonly DescribedOperation[],
  mostMs: number,
): Promise<void> {
  const expensive: string[] = [];
  for (const operation of tried.filter(hasBody)) {
    for (const [what, body] of worstBodies(operation.bodySchema, limitOf(operation))) {
      const failures: number[] = [];
      const send = async () => {
        const { status } = await api.send(operation.method, operation.path, body);
        if (status >= 500) failures.push(status);
      };
      // Tried again only if it seems too much: a collection of garbage may have come between.
      let milliseconds = await server.cost(send, 1);
      if (milliseconds > mostMs) milliseconds = await server.cost(send, 5);
      if (milliseconds > mostMs) expensive.push(`${operation.operationId}, ${what}: ${milliseconds} ms`);
      if (failures.length > 0) expensive.push(`${operation.operationId}, ${what}: status ${failures[0]}`);
    }
  }
  assert.deepEqual(expensive, []);
}
