import type { Actor } from '../actor.ts';
import { noCredential } from '../authentication/credential.ts';
import type { Principal } from '../authentication/principal.ts';
import type { RequestOrigin } from './request-origin.ts';

/** The actor of audit records about a login, which is not authenticated yet. */
export function loginActor(principal: Principal, origin: RequestOrigin): Actor {
  const { kind, accountId, accountName, principalId, principalName, isRoot } = principal;
  return {
    kind,
    accountId,
    accountName,
    principalId,
    principalName,
    isRoot,
    projectId: undefined,
    accessKeyId: undefined,
    credential: noCredential,
    sourceIp: origin.sourceIp,
    requestId: origin.requestId,
  };
}
