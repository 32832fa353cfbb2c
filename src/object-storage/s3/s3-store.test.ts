import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { S3Config } from '../../platform/s3-address.ts';
import { sourceOf } from '../object-store.fixture.ts';
import { NoSuchBucket, ObjectStoreUnavailable } from '../object-store.ts';
import { S3Store } from './s3-store.ts';

// How the adapter bears a service that misbehaves; that a real one understands it is shown in test/peers.
const crlType = 'application/pkix-crl';
const closings: (() => void)[] = [];
after(() => {
  for (const close of closings) close();
});

const config: S3Config = {
  host: 'obs.example.test',
  tls: true,
  region: 'cn-north-4',
  accessKey: 'KEY',
  secretKey: 'a secret that nobody may see',
  pathStyle: false,
  publicRead: false,
  publicUrl: undefined,
};

async function storeBefore(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new S3Store({ ...config, host, tls: false, pathStyle: true });
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>in words</Message></Error>`);
}

test('addresses for everyone are plain HTTP, by path, by host, or where the operator says', () => {
  const url = (changes: Partial<S3Config>) =>
    new S3Store({ ...config, ...changes }).publicUrl('b.1', 'a b/c.crl');
  assert.equal(url({}), 'http://b.1.obs.example.test/a%20b/c.crl');
  assert.equal(url({ pathStyle: true, host: 'minio:9000' }), 'http://minio:9000/b.1/a%20b/c.crl');
  assert.equal(url({ publicUrl: 'http://crl.example.test/x' }), 'http://crl.example.test/x/b.1/a%20b/c.crl');
});

test('a put carries type, length, hash and, where it is wanted, the permission to read', async () => {
  const requests: { headers: IncomingMessage['headers']; url: string | undefined; sha256: string }[] = [];
  const store = await storeBefore((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (piece: Buffer) => hash.update(piece));
    request.on('end', () => {
      requests.push({ headers: request.headers, url: request.url, sha256: hash.digest('hex') });
      response.end();
    });
  });
  await store.putObject('bucket', 'deep/ca.crl', sourceOf(3, 1_000), crlType);
  const [put] = requests;
  assert.ok(put);
  assert.match(put.url ?? '', /^\/bucket\/deep\/ca\.crl(\?|$)/);
  assert.partialDeepStrictEqual(put.headers, {
    'content-type': crlType,
    'content-length': '3000',
    'x-amz-content-sha256': put.sha256,
    'cache-control': 'no-cache',
  });
  assert.equal(put.headers['x-amz-acl'], undefined);
  assert.equal(put.headers['transfer-encoding'], undefined);
});

test('a service that is not there, or fails, is an outage that may end, and no key is told', async () => {
  const away = await storeBefore(() => {});
  closings.pop()?.();
  const failing = await storeBefore((request, response) => {
    request.resume().on('end', () => refuse(response, 503, 'SlowDown'));
  });
  const wrongKeys = await storeBefore((request, response) => {
    request.resume().on('end', () => refuse(response, 403, 'InvalidAccessKeyId'));
  });
  for (const store of [away, failing, wrongKeys]) {
    const put = store.putObject('bucket', 'ca.crl', sourceOf(1, 10), crlType);
    await assert.rejects(put, (error: Error) => {
      assert.ok(error instanceof ObjectStoreUnavailable);
      assert.match(error.message, /the object store 127\.0\.0\.1:\d+ fails: \w+/);
      assert.ok(error.cause instanceof Error);
      assert.doesNotMatch(`${error.message} ${error.stack}`, /nobody may see/);
      return true;
    });
  }
  await assert.rejects(failing.deleteBucket('bucket'), ObjectStoreUnavailable);
  await assert.rejects(failing.bucketExists('bucket'), ObjectStoreUnavailable);
});

test('a bucket that is gone, or is somebody else’s, is told', async () => {
  const gone = await storeBefore((request, response) => {
    request.resume().on('end', () => refuse(response, 404, 'NoSuchBucket'));
  });
  await assert.rejects(gone.putObject('bucket', 'ca.crl', sourceOf(1, 10), crlType), NoSuchBucket);
  assert.equal(await gone.bucketExists('bucket'), false);
  assert.equal(await gone.deleteBucket('bucket'), true);
  const foreign = await storeBefore((_request, response) => refuse(response, 403, 'AccessDenied'));
  assert.equal(await foreign.bucketExists('bucket'), false);
  assert.equal(await foreign.createBucket('bucket'), false);
});

test('a creation that somebody else was faster with is no creation', async () => {
  const store = await storeBefore((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'HEAD') response.writeHead(404).end();
      else refuse(response, 409, 'BucketAlreadyOwnedByYou');
    });
  });
  assert.equal(await store.createBucket('bucket'), false);
});

test('a source that fails while it is sent ends the put with its own error, and the request unfinished', async () => {
  let cut: (isComplete: boolean) => void = () => {};
  const ended = new Promise<boolean>((resolve) => {
    cut = resolve;
  });
  const store = await storeBefore((request) => {
    request.resume().on('close', () => cut(request.complete));
  });
  const broken = new Error('the source broke');
  let readings = 0;
  const { byteLength, pieces } = sourceOf(64, 65_536);
  const source = {
    byteLength,
    pieces: () => {
      readings += 1;
      return readings === 1 ? pieces() : sourceOf(32, 65_536, broken).pieces();
    },
  };
  await assert.rejects(store.putObject('bucket', 'ca.crl', source, crlType), broken);
  assert.equal(await ended, false);
});

test('a service that takes slowly is sent slowly: no more is read than the connection holds', async () => {
  let held: IncomingMessage | undefined;
  const store = await storeBefore((request, response) => {
    held = request.pause();
    request.on('end', () => response.end());
  });
  const source = sourceOf(640, 65_536);
  let readings = 0;
  let sent = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    const isSending = ++readings === 2;
    for await (const piece of source.pieces()) {
      sent += isSending ? 1 : 0;
      yield piece;
    }
  }
  const put = store.putObject('bucket', 'ca.crl', { ...source, pieces: counted }, crlType);
  // Quiet for a while: what could be sent was sent.
  for (let before = -1; held === undefined || before !== sent; await sleep(100)) before = sent;
  assert.ok(sent > 0 && sent < 320, `${sent} pieces of 640 were read`);
  held.resume();
  await put;
  assert.equal(sent, 640);
});
