import type { Actor } from './actor.ts';
import { systemCredential } from './authentication/credential.ts';

/** See Identity.systemActor. Nothing that comes over the network can make one. */
export function systemActor(accountId: string, work: string): Actor {
  return {
    kind: 'system',
    accountId,
    accountName: '',
    principalId: work,
    principalName: work,
    isRoot: false,
    projectId: undefined,
    accessKeyId: undefined,
    credential: systemCredential,
    sourceIp: undefined,
    requestId: work,
  };
}
