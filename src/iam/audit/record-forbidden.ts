import type { FastifyRequest } from 'fastify';
import type { Api } from '../../platform/http/index.ts';
import type { IamContext } from '../context.ts';

const longestDetail = 500;

/**
 * Records each 403 that no permission decided, such as for a domain that is not the caller's, so that the trail has every refusal. The
 * action names the operation: `iam:requests:<operationId>`.
 */
export function recordForbidden({ accessControl }: Pick<IamContext, 'accessControl'>, api: Api): void {
  api.addHook('onSend', async (request, reply, payload) => {
    const { actor } = request;
    if (reply.statusCode !== 403 || actor === undefined || accessControl.hasRefused(actor)) return;
    await accessControl.recordRefusal(actor, actionOf(request), undefined, messageOf(payload));
  });
}

function actionOf({ routeOptions }: FastifyRequest): string {
  const { operationId } = (routeOptions.schema ?? {}) as { readonly operationId?: string };
  return `iam:requests:${operationId ?? 'unknown'}`;
}

/** As the caller is told. */
function messageOf(payload: unknown): string {
  if (typeof payload !== 'string' || payload === '') return 'forbidden';
  const { error } = JSON.parse(payload) as { readonly error?: { readonly message?: string } };
  return (error?.message ?? 'forbidden').slice(0, longestDetail);
}
