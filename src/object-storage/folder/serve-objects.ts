import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ServiceError } from '../../platform/errors.ts';
import { registerApi } from '../../platform/http/index.ts';
import type { Log } from '../../platform/log.ts';
import { contentTypeOf } from '../content-types.ts';
import { objectStorageErrors } from '../errors.ts';
import { isBucketName, isObjectKey } from '../names.ts';
import { evaluateConditions } from './conditional-request.ts';
import type { FolderStore, OpenObject } from './folder-store.ts';

type Params = { readonly '*'?: string };

/** Anyone may read any object by its name, and nothing else: no lists, no other methods. For the plain HTTP port. */
export function serveObjects(app: FastifyInstance, store: FolderStore, log: Log): Promise<void> {
  const errors = {
    dialect: 'gateway',
    accessDenied: noSuchObject,
    unknownError: objectStorageErrors.internal,
    invalid: noSuchObject,
    isPublic: true,
    log,
  } as const;
  return registerApi(app, errors, (api) => {
    // Without its own the bare path would be taken for one with another method.
    for (const url of ['/obs', '/obs/*'])
      api.route<{ Params: Params }>({
        method: ['GET', 'HEAD'],
        url,
        schema: { hide: true },
        handler: (request, reply) => serveObject(store, request, reply),
      });
  });
}

async function serveObject(
  store: FolderStore,
  request: FastifyRequest<{ Params: Params }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  // Decoded by the router, once.
  const [bucket = '', ...segments] = (request.params['*'] ?? '').split('/');
  const key = segments.join('/');
  const object = isBucketName(bucket) && isObjectKey(key) ? await store.openObject(bucket, key) : undefined;
  if (!object) throw noSuchObject();
  const validators = validatorsOf(object);
  const status = evaluateConditions(request.headers, validators);
  reply.code(status).headers({
    etag: validators.etag,
    'last-modified': new Date(validators.lastModifiedMs).toUTCString(),
    // What was revoked a second ago counts: caches ask again, which costs them a 304.
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  if (status === 200) {
    reply.headers({ 'content-type': contentTypeOf(key), 'content-length': object.stats.size.toString() });
    if (request.method === 'GET' && object.stats.size > 0n)
      return reply.send(object.handle.createReadStream({ end: endOf(object) }));
  }
  await object.handle.close();
  return reply.send();
}

/** Objects are replaced by new files, so a file that is open never changes; its end is that of the Content-Length. */
function endOf({ stats }: OpenObject): number {
  return Number(stats.size) - 1;
}

/** Every put makes a new file while the old one still has its number, so what follows one another differs in at least one part. */
function validatorsOf({ stats }: OpenObject) {
  const parts = [stats.ino, stats.mtimeNs, stats.size];
  return {
    etag: `"${parts.map((part) => part.toString(16)).join('-')}"`,
    lastModifiedMs: Number(stats.mtimeMs),
  };
}

function noSuchObject(): ServiceError {
  return new ServiceError('gateway', objectStorageErrors.noSuchObject);
}
