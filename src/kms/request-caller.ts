import type { FastifyRequest } from 'fastify';
import type { Api } from '../platform/http/index.ts';
import { enterProject } from './access.ts';
import type { KmsContext } from './context.ts';
import type { Caller } from './permissions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set once the project of the path was found to be the caller's. */
    kmsCaller?: Caller;
  }
}

/** The project is checked before the fields: who is in the wrong project learns nothing else. */
export function checkProjects(context: KmsContext, api: Api): void {
  api.addHook('onRoute', (route) => {
    const before = route.preValidation ?? [];
    route.preValidation = [
      ...(Array.isArray(before) ? before : [before]),
      async (request: FastifyRequest) => {
        const { project_id: projectId = '' } = request.params as { project_id?: string };
        request.kmsCaller = await enterProject(context, request.actor, projectId);
      },
    ];
  });
}

export function callerOf(request: FastifyRequest): Caller {
  if (!request.kmsCaller) throw new Error('the route does not check projects');
  return request.kmsCaller;
}
