import { Type } from 'typebox';
import type { Api } from '../platform/http/index.ts';
import { createBucket } from './create-bucket.ts';
import { deleteBucket } from './delete-bucket.ts';
import { listBuckets } from './list-buckets.ts';
import { bucketNameRule } from './names.ts';
import type { Bucket } from './object-storage.ts';
import type { ObjectStoragePorts } from './ports.ts';

const collection = '/v1/object-storage/buckets';
const tags = ['extensions'];
const bucketName = Type.String({ description: `It ${bucketNameRule}.` });
const bucket = Type.Object({
  bucket_name: bucketName,
  create_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
});

/** An extension: the buckets of the caller's account. */
export function bucketRoutes(ports: ObjectStoragePorts): (api: Api) => void {
  return (api) => {
    api.post(
      collection,
      {
        schema: {
          operationId: 'createBucket',
          tags,
          summary: 'Create a bucket',
          body: Type.Object({ bucket_name: bucketName }),
          response: { 201: bucket },
        },
      },
      async ({ actor, body }, reply) =>
        reply.code(201).send(present(await createBucket(ports, actor, body.bucket_name))),
    );
    api.get(
      collection,
      {
        schema: {
          operationId: 'listBuckets',
          tags,
          summary: 'Query the buckets',
          response: { 200: Type.Object({ total: Type.Integer(), buckets: Type.Array(bucket) }) },
        },
      },
      async ({ actor }) => {
        const buckets = await listBuckets(ports, actor);
        return { total: buckets.length, buckets: buckets.map(present) };
      },
    );
    api.delete(
      `${collection}/:bucket_name`,
      {
        schema: {
          operationId: 'deleteBucket',
          tags,
          summary: 'Delete an empty bucket',
          params: Type.Object({ bucket_name: Type.String() }),
          response: { 204: Type.Unsafe<void>(Type.Unknown({ description: 'Done.' })) },
        },
      },
      async ({ actor, params }, reply) => {
        await deleteBucket(ports, actor, params.bucket_name);
        return reply.code(204).send();
      },
    );
  };
}

function present({ name, createTimeMs }: Bucket) {
  return { bucket_name: name, create_time: createTimeMs };
}
