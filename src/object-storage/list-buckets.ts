import type { Actor } from '../iam/actor.ts';
import type { Bucket } from './object-storage.ts';
import { accessRequest } from './permissions.ts';
import type { ObjectStoragePorts } from './ports.ts';
import { type BucketTable, listUsableBuckets } from './store.ts';

/** The buckets of the actor's account, by name. */
export async function listBuckets(ports: ObjectStoragePorts, actor: Actor): Promise<readonly Bucket[]> {
  await ports.identity.authorize(actor, accessRequest('listBuckets', actor.accountId));
  return (await listUsableBuckets(ports.database, actor.accountId)).map(toBucket);
}

export function toBucket({ name, create_time }: BucketTable): Bucket {
  return { name, createTimeMs: create_time };
}
