import { countRowsOf, type LimitDeclaration, type LimitKind } from '../iam/index.ts';
import { objectStorageError } from './errors.ts';

/** The vendor's limit. */
export const bucketLimit: LimitKind = {
  kind: 'obs.buckets',
  what: 'buckets',
  per: 'account',
  standard: 100,
  tables: ['buckets'],
  count: countRowsOf('buckets'),
  refusal: (detail) => objectStorageError('tooManyBuckets', detail),
};

/** Every table of this capability. */
export const objectStorageLimits: LimitDeclaration = { kinds: [bucketLimit], boundedOtherwise: {} };
