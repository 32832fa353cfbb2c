import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import type { ObjectContent } from './object-storage.ts';
import { NoSuchBucket, type ObjectStore } from './object-store.ts';

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** Makes what is in the bucket readable for anyone, where that is the operator's to decide. */
  publish(bucket: string): Promise<void>;
}

const crlType = 'application/pkix-crl';
const bytes = (text: string) => new TextEncoder().encode(text);
let buckets = 0;

/** What every store does; `open` gives the one that all tests share. */
export function describeObjectStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name}: what every store does`, () => {
    testBuckets(open);
    testObjects(open);
    testFailures(open);
    testSize(open);
  });
}

async function newBucket({ store, publish }: StoreUnderTest): Promise<string> {
  buckets += 1;
  const bucket = `behaviour-${process.pid}-${buckets}`;
  assert.equal(await store.createBucket(bucket), true);
  await publish(bucket);
  return bucket;
}

async function readPublic(store: ObjectStore, bucket: string, key: string): Promise<string> {
  const answer = await fetch(store.publicUrl(bucket, key));
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return text;
}

function testBuckets(open: () => Promise<StoreUnderTest>): void {
  test('a bucket is made once, exists, and goes when it is empty', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    assert.equal(await given.store.bucketExists(bucket), true);
    assert.equal(await given.store.deleteBucket(bucket), true);
    assert.equal(await given.store.bucketExists(bucket), false);
    assert.equal(await given.store.deleteBucket(bucket), true);
  });

  test('a bucket with an object is not made again and not deleted', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    await given.store.putObject(bucket, 'a.crl', bytes('a'), crlType);
    assert.equal(await given.store.createBucket(bucket), false);
    assert.equal(await given.store.deleteBucket(bucket), false);
    assert.equal(await readPublic(given.store, bucket, 'a.crl'), 'a');
  });
}

function testObjects(open: () => Promise<StoreUnderTest>): void {
  test('an object is fetched by anyone, with its type, as often as it did not change', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    await given.store.putObject(bucket, 'ca.crl', bytes('first'), crlType);
    const url = given.store.publicUrl(bucket, 'ca.crl');
    assert.match(url, /^http:/);
    const answer = await fetch(url);
    assert.equal(await answer.text(), 'first');
    assert.equal(answer.headers.get('content-type'), crlType);
    assert.equal(answer.headers.get('content-length'), '5');
    assert.ok(Date.parse(answer.headers.get('last-modified') ?? '') > 0);
    const etag = answer.headers.get('etag') ?? '';
    assert.match(etag, /^".+"$/);
    const head = await fetch(url, { method: 'HEAD' });
    assert.deepEqual([head.status, head.headers.get('etag'), await head.text()], [200, etag, '']);
    const unchanged = await fetch(url, { headers: { 'if-none-match': etag } });
    assert.deepEqual([unchanged.status, await unchanged.text()], [304, '']);

    await given.store.putObject(bucket, 'ca.crl', bytes('other'), crlType);
    const changed = await fetch(url, { headers: { 'if-none-match': etag } });
    assert.deepEqual([changed.status, await changed.text()], [200, 'other']);
  });

  test('names of every kind come back by their addresses', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    const keys = ['a b+c&d=e.crl', 'per%cent?#.crl', 'folder/deep/ca.crl', '根证书.crl', "it's(1)!*.crl"];
    for (const key of keys) await given.store.putObject(bucket, key, bytes(key), crlType);
    for (const key of keys) assert.equal(await readPublic(given.store, bucket, key), key);
  });

  test('a reader sees one object or the other, never a mixture', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    const versions = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(300_000));
    await given.store.putObject(bucket, 'ca.crl', bytes(versions[0]!), crlType);
    let isWriting = true;
    const writing = Promise.all(
      versions.map((version) => given.store.putObject(bucket, 'ca.crl', bytes(version), crlType)),
    ).finally(() => {
      isWriting = false;
    });
    let reads = 0;
    do {
      const text = await readPublic(given.store, bucket, 'ca.crl');
      assert.ok(versions.includes(text), `${text.length} octets, ${new Set(text).size} letters`);
      reads += 1;
    } while (isWriting);
    await writing;
    assert.ok(reads > 0);
  });
}

function testFailures(open: () => Promise<StoreUnderTest>): void {
  test('a bucket that is not there is told', async () => {
    const { store } = await open();
    await assert.rejects(store.putObject('no-such-bucket', 'ca.crl', bytes('a'), crlType), NoSuchBucket);
    assert.equal(await store.bucketExists('no-such-bucket'), false);
  });

  test('a source that fails, or is not as long as it says, leaves the old object', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    await given.store.putObject(bucket, 'ca.crl', bytes('old'), crlType);
    const broken = new Error('the source broke');
    const sources: [ObjectContent, (error: unknown) => boolean][] = [
      [sourceOf(4, 100_000, broken), (error) => error === broken],
      [{ ...sourceOf(4, 100_000), byteLength: 400_001 }, (error) => error instanceof RangeError],
      [{ ...sourceOf(4, 100_000), byteLength: 399_999 }, (error) => error instanceof RangeError],
    ];
    for (const [source, isExpected] of sources)
      await assert.rejects(given.store.putObject(bucket, 'ca.crl', source, crlType), isExpected);
    assert.equal(await readPublic(given.store, bucket, 'ca.crl'), 'old');
  });
}

function testSize(open: () => Promise<StoreUnderTest>): void {
  test('forty megabytes go in and out as a stream', async () => {
    const given = await open();
    const bucket = await newBucket(given);
    const source = sourceOf(640, 65_536);
    await given.store.putObject(bucket, 'large.crl', source, crlType);
    const expected = createHash('sha256');
    for await (const piece of source.pieces()) expected.update(piece);
    const answer = await fetch(given.store.publicUrl(bucket, 'large.crl'));
    const found = createHash('sha256');
    let length = 0;
    for await (const piece of answer.body ?? []) {
      found.update(piece);
      length += piece.byteLength;
    }
    assert.equal(length, source.byteLength);
    assert.equal(found.digest('hex'), expected.digest('hex'));
  });
}

/** So many pieces of so many octets, each time the same; then the failure, if there is one. */
export function sourceOf(pieceCount: number, pieceBytes: number, failure?: Error) {
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < pieceCount; piece++) yield new Uint8Array(pieceBytes).fill(piece);
    if (failure) throw failure;
  }
  return { byteLength: pieceCount * pieceBytes, pieces };
}
