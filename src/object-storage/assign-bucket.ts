import type { Actor } from '../iam/actor.ts';
import type { BucketPorts } from './ports.ts';
import { finishBucket, releaseBucket, reserveBucket } from './reserve-bucket.ts';

/**
 * For the operator, who holds the database and the store and so is asked for no permission: a bucket for an account, which may
 * be one that the store has already. Resolves with true if it is new. Throws `ServiceError` 400 or 409 for the name.
 */
export async function assignBucket(ports: BucketPorts, operator: Actor, name: string): Promise<boolean> {
  const row = await reserveBucket(ports, operator, name);
  let isNew: boolean;
  try {
    isNew = await ports.store.createBucket(name);
  } catch (error) {
    await releaseBucket(ports, row);
    throw error;
  }
  await finishBucket(ports, operator, row, isNew ? 'CREATED' : 'ASSIGNED');
  return isNew;
}
