// Needs: versitygw (an S3 service in one program).
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeObjectStore } from '../../src/object-storage/object-store.fixture.ts';
import { ObjectStoreUnavailable } from '../../src/object-storage/object-store.ts';
import { S3Store } from '../../src/object-storage/s3/s3-store.ts';
import { parseS3Address } from '../../src/platform/s3-address.ts';
import { type ApiClient, signIn } from '../support/api-client.ts';
import { type RunningApp, startApp } from '../support/app.ts';
import { type S3Server, startS3Server } from './support/s3-server.ts';

const execute = promisify(execFile);
const projectFolder = fileURLToPath(new URL('../..', import.meta.url));
const crlType = 'application/pkix-crl';
let peer: S3Server;

before(async () => {
  peer = await startS3Server();
});
after(() => peer?.stop());

function storeAt(address: string): S3Store {
  const config = parseS3Address(address);
  if (typeof config === 'string') throw new Error(config);
  return new S3Store(config);
}

describeObjectStore('S3', async () => ({ store: storeAt(peer.address), publish: peer.publish }));

describe('the service', () => {
  test('refuses what is not what was signed', async () => {
    const store = storeAt(peer.address);
    await store.createBucket('changed');
    let readings = 0;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      readings += 1;
      yield new Uint8Array(1_000).fill(readings);
    }
    const put = store.putObject('changed', 'ca.crl', { byteLength: 1_000, pieces }, crlType);
    await assert.rejects(put, ObjectStoreUnavailable);
    assert.equal(await store.deleteBucket('changed'), true, 'nothing is in it');
  });

  test('refuses a wrong secret', async () => {
    const store = storeAt(peer.address.replace('se%2F', 'xx%2F'));
    await assert.rejects(
      store.putObject('any', 'ca.crl', new Uint8Array(1), crlType),
      (error: Error) =>
        error instanceof ObjectStoreUnavailable && /SignatureDoesNotMatch/.test(error.message),
    );
  });
});

describe('OpenCCM with the service', () => {
  let app: RunningApp;
  let api: ApiClient;

  before(async () => {
    app = await startApp({ env: { OPENCCM_OBS_URL: peer.address } });
    api = await signIn(app);
  });
  after(async () => {
    api?.close();
    await app?.close();
  });

  const create = (bucket_name: string) => api.send('POST', '/v1/object-storage/buckets', { bucket_name });

  test('a bucket is made at the service, and one that is there already is not taken', async () => {
    assert.equal((await create('made-here')).status, 201);
    assert.equal(await storeAt(peer.address).bucketExists('made-here'), true);
    await peer.createBucket('backups');
    assert.equal((await create('backups')).status, 409);
    const listed = await api.call<{ buckets: { bucket_name: string }[] }>(
      'GET',
      '/v1/object-storage/buckets',
    );
    assert.deepEqual(
      listed.buckets.map((bucket) => bucket.bucket_name),
      ['made-here'],
    );
  });

  test('the operator assigns one that is there; deleting it gives it back', async () => {
    await peer.createBucket('assigned');
    const env = {
      PATH: process.env.PATH,
      OPENCCM_DATA_DIR: app.dataDir,
      OPENCCM_OBS_URL: peer.address,
      OPENCCM_LOG_LEVEL: 'silent',
    };
    const words = ['src/command.ts', 'bucket', 'create', 'assigned'];
    const { stdout } = await execute(process.execPath, words, { cwd: projectFolder, env });
    assert.match(
      stdout,
      /^The bucket assigned was assigned for openccm; objects are at http:\/\/127\.0\.0\.1:\d+\/assigned\/NAME$/m,
    );
    assert.equal((await api.send('DELETE', '/v1/object-storage/buckets/assigned')).status, 204);
    assert.equal(await storeAt(peer.address).bucketExists('assigned'), true);
  });

  test('nothing is served from a folder then', async () => {
    assert.equal((await fetch(`${app.httpUrl}/obs/made-here/ca.crl`)).status, 404);
  });
});
