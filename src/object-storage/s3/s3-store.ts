import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../../platform/s3-address.ts';
import { piecesOf } from '../content.ts';
import { encodeObjectKey } from '../names.ts';
import type { ObjectContent } from '../object-storage.ts';
import { NoSuchBucket, type ObjectStore, ObjectStoreUnavailable } from '../object-store.ts';

type Sdk = typeof import('@aws-sdk/client-s3');

interface Connection {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

/** A service that is slower is out of order; callers try again later. A large object on a slow line needs the last of them. */
const timeouts = {
  connectionTimeout: 5_000,
  socketTimeout: 30_000,
  requestTimeout: 600_000,
  throwOnRequestTimeout: true,
};

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Buckets of OBS, S3, MinIO or another service that speaks the protocol of S3. */
export class S3Store implements ObjectStore {
  readonly #config: S3Config;
  #connection: Promise<Connection> | undefined;

  constructor(config: S3Config) {
    this.#config = config;
  }

  async createBucket(bucket: string): Promise<boolean> {
    return this.#ask(bucket, async ({ sdk, client }) => {
      // Asked first: some regions answer the creation of a bucket that the caller has with success.
      if ((await headBucket({ sdk, client }, bucket)) !== 'absent') return false;
      const { region } = this.#config;
      // The service's first region is the one that must not be named.
      const constraint = region === 'us-east-1' ? {} : { LocationConstraint: region as never };
      try {
        await client.send(
          new sdk.CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: constraint }),
        );
        return true;
      } catch (error) {
        if (['BucketAlreadyExists', 'BucketAlreadyOwnedByYou'].includes(nameOf(error))) return false;
        throw error;
      }
    });
  }

  async bucketExists(bucket: string): Promise<boolean> {
    return (await this.#ask(bucket, (connection) => headBucket(connection, bucket))) === 'present';
  }

  async deleteBucket(bucket: string): Promise<boolean> {
    return this.#ask(bucket, async ({ sdk, client }) => {
      try {
        await client.send(new sdk.DeleteBucketCommand({ Bucket: bucket }));
        return true;
      } catch (error) {
        if (nameOf(error) === 'BucketNotEmpty') return false;
        if (nameOf(error) === 'NoSuchBucket') return true;
        throw error;
      }
    });
  }

  async putObject(bucket: string, key: string, content: ObjectContent, contentType: string): Promise<void> {
    const sha256 = createHash('sha256');
    for await (const piece of piecesOf(content)) sha256.update(piece);
    const hash = sha256.digest('hex');
    const body = Readable.from(piecesOf(content), { objectMode: false });
    // The client does not listen to the body's errors.
    const failed = new AbortController();
    body.on('error', (error) => failed.abort(error));
    const settings = {
      Bucket: bucket,
      Key: key,
      Body: body,
      ContentLength: content.byteLength,
      ContentType: contentType,
      CacheControl: 'no-cache',
      ...(this.#config.publicRead && { ACL: 'public-read' as const }),
    };
    try {
      await this.#ask(bucket, async ({ sdk, client }) => {
        const command = new sdk.PutObjectCommand(settings);
        // A stream would go unsigned: with its hash the service refuses what was cut or changed on the way.
        command.middlewareStack.add(
          (next) => (args) => {
            const { headers } = args.request as { headers: Record<string, string> };
            headers['x-amz-content-sha256'] = hash;
            return next(args);
          },
          { step: 'build', name: 'signHash' },
        );
        await client.send(command, { abortSignal: failed.signal });
      });
    } catch (error) {
      throw failed.signal.aborted ? failed.signal.reason : error;
    } finally {
      body.destroy();
    }
  }

  publicUrl(bucket: string, key: string): string {
    const { publicUrl, host, pathStyle } = this.#config;
    const path = encodeObjectKey(key);
    if (publicUrl !== undefined) return `${publicUrl}/${bucket}/${path}`;
    return pathStyle ? `http://${host}/${bucket}/${path}` : `http://${bucket}.${host}/${path}`;
  }

  /** Tells what the caller can do about a failure; the service's words are in the cause. */
  async #ask<Result>(bucket: string, work: (connection: Connection) => Promise<Result>): Promise<Result> {
    this.#connection ??= this.#connect();
    const connection = await this.#connection;
    try {
      return await work(connection);
    } catch (error) {
      if (nameOf(error) === 'NoSuchBucket') throw new NoSuchBucket(bucket, { cause: error });
      throw new ObjectStoreUnavailable(`the object store ${this.#config.host} fails: ${nameOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Loaded only when it is wanted: it takes longer to load than the rest of the program. */
  async #connect(): Promise<Connection> {
    const sdk = await import('@aws-sdk/client-s3');
    const { host, tls, region, pathStyle, accessKey, secretKey } = this.#config;
    const client = new sdk.S3Client({
      endpoint: `${tls ? 'https' : 'http'}://${host}`,
      region,
      forcePathStyle: pathStyle,
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      requestHandler: timeouts,
      // What it would tell, errors say.
      logger: silent,
      // Services other than the vendor's own do not know its newer checksums.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    });
    return { sdk, client };
  }
}

async function headBucket(
  { sdk, client }: Connection,
  bucket: string,
): Promise<'present' | 'foreign' | 'absent'> {
  try {
    await client.send(new sdk.HeadBucketCommand({ Bucket: bucket }));
    return 'present';
  } catch (error) {
    // HEAD has no body, so there is no code to tell by.
    const status = error instanceof sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined;
    if (status === 404) return 'absent';
    if (status === 403 || status === 301) return 'foreign';
    throw error;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
