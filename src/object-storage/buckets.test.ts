import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { describeOnEachDatabase } from '../../test/support/databases.ts';
import { createTestIdentity, type TestIdentity, type TestRequest } from '../../test/support/identity.ts';
import { migrations as iamMigrations } from '../iam/index.ts';
import { type Database, settingsMigrations } from '../platform/db/index.ts';
import { registerApi } from '../platform/http/index.ts';
import { silentLog } from '../platform/log.ts';
import {
  apiErrors,
  assignBucket,
  createObjectStorage,
  migrations,
  NoSuchBucket,
  type ObjectStorage,
  ObjectStoreUnavailable,
} from './index.ts';
import type { ObjectStore } from './object-store.ts';

/** Keeps in memory, for tests of who may do what; the stores themselves have tests of their own. */
class MemoryStore implements ObjectStore {
  readonly buckets = new Map<string, Set<string>>();
  /** Runs before each call; throws for an outage. */
  interfere: () => void | Promise<void> = () => {};

  async createBucket(bucket: string): Promise<boolean> {
    await this.interfere();
    if (this.buckets.has(bucket)) return false;
    this.buckets.set(bucket, new Set());
    return true;
  }

  async bucketExists(bucket: string): Promise<boolean> {
    await this.interfere();
    return this.buckets.has(bucket);
  }

  async deleteBucket(bucket: string): Promise<boolean> {
    await this.interfere();
    if ((this.buckets.get(bucket)?.size ?? 0) > 0) return false;
    this.buckets.delete(bucket);
    return true;
  }

  async putObject(bucket: string, key: string): Promise<void> {
    await this.interfere();
    const objects = this.buckets.get(bucket);
    if (!objects) throw new NoSuchBucket(bucket);
    objects.add(key);
  }

  publicUrl(bucket: string, key: string): string {
    return `http://store.test/${bucket}/${key}`;
  }
}

const collection = '/v1/object-storage/buckets';
const create = (bucket_name: unknown): TestRequest => ['POST', collection, { bucket_name }];
const remove = (name: string): TestRequest => ['DELETE', `${collection}/${name}`];
const list: TestRequest = ['GET', collection];
const outage = () => {
  throw new ObjectStoreUnavailable('the disk is full');
};

type Listed = { total: number; buckets: { bucket_name: string; create_time: number }[] };
type Refused = { error_code: string; error_msg: string };

describeOnEachDatabase('buckets', { ...settingsMigrations, ...iamMigrations, ...migrations }, (open) => {
  let database: Database;
  let store: MemoryStore;
  let objects: ObjectStorage;
  let identity: TestIdentity;

  beforeEach(async () => {
    database = await open();
    store = new MemoryStore();
    identity = await createTestIdentity(database, async (app, iam) => {
      // The clock of the identity is not made yet; nothing here depends on which it is but the interrupted creation.
      const clock = { nowMs: () => identity.clock.nowMs() };
      const storage = createObjectStorage({ database, clock, identity: iam.identity, store });
      objects = storage.objects;
      const authenticate = iam.authenticate(apiErrors.tokenFault);
      await registerApi(app, { ...apiErrors, authenticate, log: silentLog }, storage.routes);
    });
  });

  const accountId = (who: 'acme' | 'globex') => identity[who].account.accountId;
  const namesOf = async (who: 'acme' | 'globex') =>
    (await identity.call<Listed>(identity[who], 200, list)).buckets.map((bucket) => bucket.bucket_name);
  const refusal = async (who: 'acme' | 'globex', status: number, request: TestRequest) =>
    (await identity.call<Refused>(identity[who], status, request)).error_code;

  test('are created, listed by name and deleted', async () => {
    const nowMs = identity.clock.nowMs();
    const created = await identity.call(identity.acme, 201, create('b-second'));
    assert.deepEqual(created, { bucket_name: 'b-second', create_time: nowMs });
    await identity.call(identity.acme, 201, create('a-first'));
    assert.deepEqual(await identity.call(identity.acme, 200, list), {
      total: 2,
      buckets: [
        { bucket_name: 'a-first', create_time: nowMs },
        { bucket_name: 'b-second', create_time: nowMs },
      ],
    });
    await identity.call(identity.acme, 204, remove('b-second'));
    assert.deepEqual(await namesOf('acme'), ['a-first']);
    assert.deepEqual([...store.buckets.keys()], ['a-first']);
    assert.equal(await refusal('acme', 404, remove('b-second')), 'NoSuchBucket');
    await identity.call(identity.acme, 201, create('b-second'));
  });

  test('belong to one account; another neither sees nor fills nor deletes nor makes them', async () => {
    await identity.call(identity.acme, 201, create('of-acme'));
    assert.deepEqual(await namesOf('globex'), []);
    assert.equal(await refusal('globex', 404, remove('of-acme')), 'NoSuchBucket');
    assert.equal(await refusal('globex', 409, create('of-acme')), 'BucketAlreadyExists');
    assert.equal(await objects.bucketExists(accountId('globex'), 'of-acme'), false);
    assert.deepEqual(await objects.listBuckets(accountId('globex')), []);
    const put = objects.putObject(
      accountId('globex'),
      'of-acme',
      'a.crl',
      new Uint8Array(1),
      'application/pkix-crl',
    );
    await assert.rejects(put, NoSuchBucket);
    assert.equal(await objects.bucketExists(accountId('acme'), 'of-acme'), true);
    await objects.putObject(accountId('acme'), 'of-acme', 'a.crl', new Uint8Array(1), 'application/pkix-crl');
    assert.deepEqual([...(store.buckets.get('of-acme') ?? [])], ['a.crl']);
    assert.equal(objects.publicUrl('of-acme', 'a.crl'), 'http://store.test/of-acme/a.crl');
  });

  test('need a right name', async () => {
    for (const name of ['ab', 'Upper', '../x', '1.2.3.4'])
      assert.equal(await refusal('acme', 400, create(name)), 'InvalidBucketName', name);
    assert.equal(await refusal('acme', 400, create(7)), 'InvalidArgument');
    assert.equal(await refusal('acme', 400, ['POST', collection, {}]), 'InvalidArgument');
    assert.equal(store.buckets.size, 0);
  });

  test('need a token and a permission, and leave a record', async () => {
    const guest = await identity.addUser(identity.acme, 'guest', ['OBS OperateAccess']);
    assert.equal((await identity.call<Refused>(guest, 403, create('by-guest'))).error_code, 'AccessDenied');
    assert.equal((await identity.call<Listed>(guest, 200, list)).total, 0);
    const maker = await identity.addUser(identity.acme, 'maker', [
      {
        Version: '5.0',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['obs:bucket:CreateBucket', 'obs:bucket:DeleteBucket'],
            Resource: ['obs:*:*:bucket:team-*'],
          },
        ],
      },
    ]);
    await identity.call(maker, 201, create('team-crl'));
    await identity.call(maker, 403, create('other-crl'));
    await identity.call(maker, 403, list);
    await identity.call(maker, 204, remove('team-crl'));
    const stranger = { ...identity.acme, token: 'x' };
    assert.equal((await identity.call<Refused>(stranger, 401, list)).error_code, 'InvalidToken');
    const { records } = await identity.call<{ records: { action: string; result: string }[] }>(
      identity.acme,
      200,
      ['GET', '/v1/audit/records?resource_type=bucket&resource_id=team-crl'],
    );
    assert.deepEqual(
      records.map((record) => `${record.action} ${record.result}`),
      ['obs:bucket:DeleteBucket success', 'obs:bucket:CreateBucket success'],
    );
  });

  test('are not taken over from what the store has; the operator may assign it', async () => {
    store.buckets.set('backups', new Set(['everything']));
    assert.equal(await refusal('acme', 409, create('backups')), 'BucketAlreadyExists');
    assert.deepEqual(await namesOf('acme'), []);
    const operator = identity.iam.identity.systemActor(accountId('acme'), 'operator');
    const ports = { database, clock: identity.clock, identity: identity.iam.identity, store };
    assert.equal(await assignBucket(ports, operator, 'backups'), false);
    assert.equal(await assignBucket(ports, operator, 'fresh'), true);
    assert.deepEqual(await namesOf('acme'), ['backups', 'fresh']);
    await assert.rejects(assignBucket(ports, operator, 'backups'), { code: 'BucketAlreadyExists' });
    await assert.rejects(assignBucket(ports, operator, 'Wrong'), { code: 'InvalidBucketName' });
    // Given back as it was.
    await identity.call(identity.acme, 204, remove('backups'));
    assert.deepEqual([...(store.buckets.get('backups') ?? [])], ['everything']);
    assert.deepEqual(await namesOf('acme'), ['fresh']);
  });

  test('of one name go to one of many who ask at the same time', async () => {
    const attempts = (['acme', 'globex', 'acme', 'globex'] as const).map((who) =>
      identity.app.inject({
        method: 'POST',
        url: collection,
        headers: { 'x-auth-token': identity[who].token },
        payload: { bucket_name: 'wanted' },
      }),
    );
    const statuses = (await Promise.all(attempts)).map((answer) => answer.statusCode);
    assert.deepEqual(statuses.sort(), [201, 409, 409, 409]);
    assert.equal([...(await namesOf('acme')), ...(await namesOf('globex'))].length, 1);
  });

  test('with objects are not deleted and can still be filled', async () => {
    await identity.call(identity.acme, 201, create('full'));
    store.buckets.get('full')?.add('a.crl');
    assert.equal(await refusal('acme', 409, remove('full')), 'BucketNotEmpty');
    assert.equal(await objects.bucketExists(accountId('acme'), 'full'), true);
  });

  test('stay as they were through an outage, which is told as one', async () => {
    await identity.call(identity.acme, 201, create('old'));
    store.interfere = outage;
    assert.equal(await refusal('acme', 503, create('new')), 'ServiceUnavailable');
    assert.equal(await refusal('acme', 503, remove('old')), 'ServiceUnavailable');
    const put = objects.putObject(
      accountId('acme'),
      'old',
      'a.crl',
      new Uint8Array(1),
      'application/pkix-crl',
    );
    await assert.rejects(put, ObjectStoreUnavailable);
    store.interfere = () => {};
    assert.deepEqual(await namesOf('acme'), ['old']);
    await identity.call(identity.acme, 201, create('new'));
  });

  test('take no objects while they go', async () => {
    await identity.call(identity.acme, 201, create('going'));
    let existed: boolean | undefined;
    store.interfere = async () => {
      store.interfere = () => {};
      existed = await objects.bucketExists(accountId('acme'), 'going');
    };
    await identity.call(identity.acme, 204, remove('going'));
    assert.equal(existed, false);
  });

  test('whose creation was interrupted are created again later, by their account only', async () => {
    // As if the process had died: the store did its work, and nothing was written after it.
    const isAsked = new Promise<void>((resolve) => {
      store.interfere = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    const request = { headers: { 'x-auth-token': identity.acme.token }, payload: { bucket_name: 'halfway' } };
    identity.app.inject({ method: 'POST', url: collection, ...request }, () => assert.fail('it never ends'));
    await isAsked;
    store.interfere = () => {};
    assert.equal(await refusal('acme', 409, create('halfway')), 'BucketAlreadyExists');
    assert.equal(await objects.bucketExists(accountId('acme'), 'halfway'), false);
    identity.clock.advance(600_000);
    assert.equal(await refusal('globex', 409, create('halfway')), 'BucketAlreadyExists');
    await identity.call(identity.acme, 201, create('halfway'));
    assert.deepEqual(await namesOf('acme'), ['halfway']);
  });
});
