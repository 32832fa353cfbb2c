import type { FastifyInstance } from 'fastify';
import type { ApiPlugin } from '../platform/http/index.ts';
import type { Log } from '../platform/log.ts';
import type { S3Config } from '../platform/s3-address.ts';
import { type FolderStorePorts, openFolderStore } from './folder/folder-store.ts';
import { serveObjects } from './folder/serve-objects.ts';
import { toBucket } from './list-buckets.ts';
import type { ObjectStorage } from './object-storage.ts';
import { NoSuchBucket, type ObjectStore } from './object-store.ts';
import type { ObjectStoragePorts } from './ports.ts';
import { bucketRoutes } from './routes.ts';
import { S3Store } from './s3/s3-store.ts';
import { isUsable, listUsableBuckets } from './store.ts';

/** For the operator's command: a bucket for an account, without asking for permission. */
export { assignBucket } from './assign-bucket.ts';
/** How this service words what the platform and identity find: for `registerApi`. */
export { apiErrors } from './errors.ts';
/** Limit on the buckets of an account. */
export { objectStorageLimits } from './limits.ts';
/** The tables of this capability. */
export { migrations } from './migrations.ts';
export type { Bucket, ObjectContent, ObjectStorage } from './object-storage.ts';
/** How putting an object fails. */
export { NoSuchBucket, ObjectStoreUnavailable, UnstorableObject } from './object-store.ts';

/** Where objects are, and how they are served if that is ours to do. */
export interface OpenStore {
  readonly store: ObjectStore;
  /** Adds `/obs/<bucket>/<object>` to the plain HTTP port; nothing if a service has the objects. */
  serve(app: FastifyInstance, log: Log): Promise<void>;
}

/** The S3 service of the configuration, which is reached when it is first used, or else the folder. Rejects if that cannot be used. */
export async function openObjectStore(
  s3: S3Config | undefined,
  folder: FolderStorePorts,
): Promise<OpenStore> {
  if (s3) return { store: new S3Store(s3), serve: async () => {} };
  const store = await openFolderStore(folder);
  return { store, serve: (app, log) => serveObjects(app, store, log) };
}

/** Buckets and objects per account: the API of buckets, and what other capabilities put into them. */
export function createObjectStorage(ports: ObjectStoragePorts): {
  readonly routes: ApiPlugin;
  readonly objects: ObjectStorage;
} {
  return { routes: bucketRoutes(ports), objects: createObjects(ports) };
}

function createObjects({ database, store }: ObjectStoragePorts): ObjectStorage {
  const isOwn = (accountId: string, name: string) => isUsable(database, { name, account_id: accountId });
  return {
    bucketExists: async (accountId, bucket) =>
      (await isOwn(accountId, bucket)) && (await store.bucketExists(bucket)),
    listBuckets: async (accountId) => (await listUsableBuckets(database, accountId)).map(toBucket),
    async putObject(accountId, bucket, key, content, contentType) {
      if (!(await isOwn(accountId, bucket))) throw new NoSuchBucket(bucket);
      await store.putObject(bucket, key, content, contentType);
    },
    publicUrl: (bucket, key) => store.publicUrl(bucket, key),
  };
}
