import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { ServiceError } from '../errors.ts';
import type { Log } from '../log.ts';
import { gatewayErrors } from './gateway-errors.ts';
import { registerApi } from './register-api.ts';

export interface OperationsOptions {
  /** Resolves if requests can be served now: the database answers and the program is not about to end. */
  readonly ready: () => Promise<boolean>;
  /** Moves the clock and resolves when what became due is done; answers the new time. Undefined: there is no dev clock. */
  readonly advanceClock: ((ms: number) => Promise<number>) | undefined;
  readonly log: Log;
}

/** A hundred years: enough for any certificate, and far from the end of what dates can express. */
const longestAdvanceSeconds = 100 * 366 * 86_400;

/** What operators and their tools ask, without authentication; for a listener that only they reach. */
export async function registerOperations(app: FastifyInstance, options: OperationsOptions): Promise<void> {
  const { ready, advanceClock, log } = options;
  app.get('/healthz', (_request, reply) => reply.send({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const isReady = await ready().catch(() => false);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' });
  });
  if (!advanceClock) return;
  const body = Type.Object({ advance_seconds: Type.Integer({ minimum: 0, maximum: longestAdvanceSeconds }) });
  await registerApi(
    app,
    {
      dialect: 'console',
      accessDenied: () => new ServiceError('console', gatewayErrors.badRequest),
      unknownError: gatewayErrors.internal,
      invalid: ({ path, message }) =>
        new ServiceError('console', gatewayErrors.badRequest, `${path} ${message}.`),
      log,
    },
    (api) => {
      api.post(
        '/dev/clock',
        { onRequest: refuseBrowsers, config: { bodyLimitBytes: 1_024 }, schema: { body } },
        async (request) => ({ now_ms: await advanceClock(request.body.advance_seconds * 1_000) }),
      );
    },
  );
}

/**
 * A page of any site can make a browser send requests to a listener on the same machine; nobody has to sign in here. Browsers say so
 * with one of these headers, and even a page of the same origin may be a stranger's whose name resolves to this machine.
 */
function refuseBrowsers(
  { headers }: FastifyRequest,
  _reply: FastifyReply,
  next: (error?: Error) => void,
): void {
  const isBrowser = headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
  next(
    isBrowser
      ? new ServiceError(
          'console',
          gatewayErrors.forbidden,
          'The clock is not moved for web pages; use curl.',
        )
      : undefined,
  );
}
