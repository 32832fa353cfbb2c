import type { AccessRequest } from '../iam/actor.ts';

/** The names that the vendor's object storage has for these actions in policies. */
export const permissions = {
  createBucket: 'obs:bucket:CreateBucket',
  listBuckets: 'obs:bucket:ListAllMyBuckets',
  deleteBucket: 'obs:bucket:DeleteBucket',
} as const;

/** May the actor use this permission, on this bucket of its account? */
export function accessRequest(
  name: keyof typeof permissions,
  accountId: string,
  bucket?: string,
): AccessRequest {
  return {
    action: permissions[name],
    ...(bucket === undefined ? {} : { resource: `obs:*:${accountId}:bucket:${bucket}` }),
  };
}
