/** A bucket of an account. */
export interface Bucket {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createTimeMs: number;
}

/** What is to be stored: octets, or a source of a known number of them that may be read again if storing is retried. */
export type ObjectContent =
  | Uint8Array
  | { readonly byteLength: number; readonly pieces: () => AsyncIterable<Uint8Array> };

/** What other capabilities need of buckets: to put what relying parties fetch without asking anybody. */
export interface ObjectStorage {
  /** False also for a bucket of another account. */
  bucketExists(accountId: string, bucket: string): Promise<boolean>;
  /** All buckets of the account, by name. */
  listBuckets(accountId: string): Promise<readonly Bucket[]>;
  /**
   * Replaces the object as a whole: a reader sees the old octets or the new ones. Resolves when it is durable. Rejects with
   * `NoSuchBucket` if the account has none of that name, `UnstorableObject` if it can never be stored so, and
   * `ObjectStoreUnavailable` if trying again later may succeed.
   */
  putObject(
    accountId: string,
    bucket: string,
    key: string,
    content: ObjectContent,
    contentType: string,
  ): Promise<void>;
  /** Where anyone may fetch an object by plain HTTP. Bucket names are unique in the installation, so no account is in it. */
  publicUrl(bucket: string, key: string): string;
}
