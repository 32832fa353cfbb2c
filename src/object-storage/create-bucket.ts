import type { Actor } from '../iam/actor.ts';
import { toServiceError } from './errors.ts';
import type { Bucket } from './object-storage.ts';
import { accessRequest } from './permissions.ts';
import type { ObjectStoragePorts } from './ports.ts';
import { bucketTaken, finishBucket, releaseBucket, reserveBucket } from './reserve-bucket.ts';

/** A new bucket of the actor's account. One that the store has already is never taken over: it may be anybody's. */
export async function createBucket(ports: ObjectStoragePorts, actor: Actor, name: string): Promise<Bucket> {
  await ports.identity.authorize(actor, accessRequest('createBucket', actor.accountId, name));
  const row = await reserveBucket(ports, actor, name);
  try {
    if (!(await ports.store.createBucket(name))) throw bucketTaken(name);
  } catch (error) {
    await releaseBucket(ports, row);
    throw toServiceError(error);
  }
  await finishBucket(ports, actor, row, 'CREATED');
  return { name, createTimeMs: row.create_time };
}
