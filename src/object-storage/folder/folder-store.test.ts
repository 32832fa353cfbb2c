import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { FixedClock } from '../../platform/clock.ts';
import { createHttpApp } from '../../platform/http/index.ts';
import { silentLog } from '../../platform/log.ts';
import { systemRandom } from '../../platform/random.ts';
import { describeObjectStore } from '../object-store.fixture.ts';
import { NoSuchBucket, ObjectStoreUnavailable, UnstorableObject } from '../object-store.ts';
import { type FolderStore, openFolderStore } from './folder-store.ts';
import { serveObjects } from './serve-objects.ts';

const crlType = 'application/pkix-crl';
const content = new TextEncoder().encode('a list');
let parent: string;
let folder: string;
let store: FolderStore;
let app: FastifyInstance;
let origin: string;

async function openStore(path: string, publicHttpUrl: string, nowMs = 0): Promise<FolderStore> {
  const machineClock = new FixedClock(nowMs);
  return openFolderStore({ folder: path, publicHttpUrl, random: systemRandom, machineClock });
}

before(async () => {
  parent = await mkdtemp(join(tmpdir(), 'openccm-folder-'));
  folder = join(parent, 'obs');
  app = createHttpApp({ random: systemRandom, log: silentLog });
  // The port is known once it is open, and the addresses only then.
  await serveObjects(app, await openStore(folder, 'http://unused.test'), silentLog);
  origin = await app.listen({ port: 0, host: '127.0.0.1' });
  store = await openStore(folder, origin);
});

after(async () => {
  await app.close();
  await rm(parent, { recursive: true, force: true });
});

describeObjectStore('folder', async () => ({ store, publish: async () => {} }));

/** Sends the path as it is, which `fetch` does not. */
function raw(
  path: string,
  method = 'GET',
): Promise<{ status: number; text: string; allow: string | undefined }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const outgoing = request({ hostname, port, path, method, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: incoming.statusCode ?? 0, text, allow: incoming.headers.allow });
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('an object is a file under its own name, for this user alone, and nothing unfinished remains', async () => {
  await store.createBucket('plain-file');
  await store.putObject('plain-file', 'deep/ca.crl', content, crlType);
  const path = join(folder, 'plain-file/deep/ca.crl');
  assert.equal(await readFile(path, 'utf8'), 'a list');
  assert.equal((await stat(path)).mode & 0o077, 0);
  assert.deepEqual(await readdir(join(folder, '.unfinished')), []);
});

test('what is not an object by its plain name is not found', async () => {
  await store.createBucket('hostile');
  await store.putObject('hostile', 'deep/ca.crl', content, crlType);
  await writeFile(join(parent, 'secret'), 'secret');
  await writeFile(join(folder, '.unfinished/half'), 'half');
  const paths = [
    '/obs/hostile/../../secret',
    '/obs/hostile/%2e%2e/%2e%2e/secret',
    '/obs/hostile/..%2f..%2fsecret',
    '/obs/hostile/%252e%252e/%252e%252e/secret',
    '/obs/hostile/..%5c..%5csecret',
    '/obs/hostile/..\\..\\secret',
    '/obs/hostile/deep/ca.crl%00',
    '/obs/hostile/deep%00/ca.crl',
    '/obs/hostile/deep//ca.crl',
    '/obs/hostile/./deep/ca.crl',
    '/obs/hostile//etc/passwd',
    '/obs/hostile/%2fetc%2fpasswd',
    '/obs/%2e%2e/secret',
    '/obs/../secret',
    '/obs/.unfinished/half',
    '/obs/HOSTILE/deep/ca.crl',
    '/obs/hostile/deep',
    '/obs/hostile/deep/',
    '/obs/hostile/',
    '/obs/hostile',
    '/obs/',
    '/obs/hostile/absent.crl',
    '/obs/absent/ca.crl',
    `/obs/hostile/${'x'.repeat(300)}`,
    `/obs/hostile/deep/ca.crl/below`,
  ];
  for (const path of paths) {
    const answer = await raw(path);
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(answer.text, /secret|half|a list|ca\.crl/, path);
  }
  await rm(join(folder, '.unfinished/half'));
  assert.equal((await raw('/obs/hostile/%ff')).status, 400);
  assert.equal((await raw('/obs/hostile/deep%2Fca.crl')).text, 'a list');
});

test('no link is followed, to a file, of a folder, or of a bucket; a pipe is no object', async () => {
  await store.createBucket('links');
  await writeFile(join(parent, 'outside.crl'), 'outside');
  await mkdir(join(parent, 'elsewhere'));
  await writeFile(join(parent, 'elsewhere/ca.crl'), 'outside');
  await symlink(join(parent, 'outside.crl'), join(folder, 'links/file.crl'));
  await symlink(join(parent, 'elsewhere'), join(folder, 'links/folder'));
  await symlink(join(parent, 'elsewhere'), join(folder, 'linked-bucket'));
  for (const path of ['links/file.crl', 'links/folder/ca.crl', 'linked-bucket/ca.crl'])
    assert.equal((await raw(`/obs/${path}`)).status, 404, path);
  assert.equal(await store.bucketExists('linked-bucket'), false);
  assert.equal(await store.createBucket('linked-bucket'), false);
  await assert.rejects(store.putObject('linked-bucket', 'new.crl', content, crlType), NoSuchBucket);
  await assert.rejects(store.putObject('links', 'folder/new.crl', content, crlType), UnstorableObject);
  assert.deepEqual(await readdir(join(parent, 'elsewhere')), ['ca.crl']);
  // A link in the object's own place is replaced, not written through.
  await store.putObject('links', 'file.crl', content, crlType);
  assert.equal(await readFile(join(parent, 'outside.crl'), 'utf8'), 'outside');
  assert.equal((await raw('/obs/links/file.crl')).text, 'a list');
});

test('only GET and HEAD', async () => {
  await store.createBucket('read-only');
  await store.putObject('read-only', 'ca.crl', content, crlType);
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    const { status, allow } = await raw('/obs/read-only/ca.crl', method);
    assert.deepEqual([status, allow], [405, 'GET, HEAD'], method);
  }
  assert.equal((await raw('/obs/read-only/ca.crl')).text, 'a list');
});

test('an open object stays what it was when another takes its place', async () => {
  await store.createBucket('open');
  await store.putObject('open', 'ca.crl', content, crlType);
  const object = await store.openObject('open', 'ca.crl');
  assert.ok(object);
  await store.putObject('open', 'ca.crl', new Uint8Array(10), crlType);
  assert.equal(await object.handle.readFile('utf8'), 'a list');
  await object.handle.close();
});

test('an empty object is served as such', async () => {
  await store.createBucket('empty');
  await store.putObject('empty', 'nothing.crl', new Uint8Array(), crlType);
  assert.deepEqual(await raw('/obs/empty/nothing.crl'), { status: 200, text: '', allow: undefined });
});

test('a type that the ending does not say, and a name that is a folder already, are refused for good', async () => {
  await store.createBucket('refused');
  await store.putObject('refused', 'a/ca.crl', content, crlType);
  await assert.rejects(store.putObject('refused', 'ca.crl', content, 'text/html'), UnstorableObject);
  await assert.rejects(store.putObject('refused', 'a/ca.crl/below.crl', content, crlType), UnstorableObject);
  await store.putObject('refused', 'b.crl/ca.crl', content, crlType);
  await assert.rejects(store.putObject('refused', 'b.crl', content, crlType), UnstorableObject);
  assert.deepEqual(await readdir(join(folder, '.unfinished')), []);
});

test('what a process that died left unfinished goes a day later', async () => {
  const own = join(parent, 'abandoned');
  await openStore(own, origin);
  for (const name of ['old', 'young']) await writeFile(join(own, '.unfinished', name), '');
  await utimes(join(own, '.unfinished/old'), 1_000, 1_000);
  await utimes(join(own, '.unfinished/young'), 80_000, 80_000);
  await openStore(own, origin, 100_000_000);
  assert.deepEqual(await readdir(join(own, '.unfinished')), ['young']);
});

test('a folder that is gone is an outage that may end', async () => {
  const own = join(parent, 'going');
  const going = await openStore(own, origin);
  await going.createBucket('bucket');
  await rm(join(own, '.unfinished'), { recursive: true });
  await writeFile(join(own, '.unfinished'), 'no folder');
  await assert.rejects(going.putObject('bucket', 'ca.crl', content, crlType), ObjectStoreUnavailable);
});
