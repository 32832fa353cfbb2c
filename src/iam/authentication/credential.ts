import type { ActorCredential } from '../actor.ts';
import type { SessionTable } from '../tables.ts';

export const permanentKeyCredential = credential('access-key', { isFullSession: true });
export const systemCredential = credential('system');
/** The credential in audit records of requests that are not authenticated yet. */
export const noCredential = credential('none');

/** Keyed by the cached row, since each request would parse it anew. */
const ofSessions = new WeakMap<SessionTable, ActorCredential>();

export function credentialOfSession(session: SessionTable): ActorCredential {
  let known = ofSessions.get(session);
  if (!known) {
    const methods = JSON.parse(session.methods) as string[];
    const kind = session.use === 'bearer' ? 'token' : 'temporary-key';
    known = credential(kind, {
      methods,
      isFullSession: session.is_full === 1,
      signedInAtMs: session.parent === null ? session.issued_at : undefined,
      secondFactorAtMs: session.second_factor_at ?? undefined,
    });
    ofSessions.set(session, known);
  }
  return known;
}

function credential(kind: ActorCredential['kind'], given: Partial<ActorCredential> = {}): ActorCredential {
  return {
    kind,
    methods: [],
    isFullSession: false,
    signedInAtMs: undefined,
    secondFactorAtMs: undefined,
    ...given,
  };
}
