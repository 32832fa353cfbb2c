import type { ObjectContent } from './object-storage.ts';

/** Where buckets and objects are. It knows no accounts; names have been checked before it is asked. */
export interface ObjectStore {
  /** False, and nothing is changed, if there is a bucket of that name already, whoever has it. */
  createBucket(bucket: string): Promise<boolean>;
  bucketExists(bucket: string): Promise<boolean>;
  /** False, and nothing is changed, if there are objects in it; true also if there is no such bucket. */
  deleteBucket(bucket: string): Promise<boolean>;
  /** See `ObjectStorage.putObject`. */
  putObject(bucket: string, key: string, content: ObjectContent, contentType: string): Promise<void>;
  /** See `ObjectStorage.publicUrl`. */
  publicUrl(bucket: string, key: string): string;
}

/** The account has no bucket of that name, or it is gone from where buckets are. */
export class NoSuchBucket extends Error {
  constructor(bucket: string, options?: ErrorOptions) {
    super(`there is no bucket ${bucket}`, options);
    this.name = 'NoSuchBucket';
  }
}

/** The object cannot be stored like this, however often it is tried: its name or its type is wrong. */
export class UnstorableObject extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnstorableObject';
  }
}

/** The disk or the service does not do its work at the moment; the old object is still there. The cause says why. */
export class ObjectStoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ObjectStoreUnavailable';
  }
}
