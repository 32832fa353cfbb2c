import type { SessionTable } from '../tables.ts';

/** The parent of a session, with which it ends; a login by password has none. */
export type SessionParent =
  | { readonly kind: 'session'; readonly session: SessionTable }
  | { readonly kind: 'access-key'; readonly accessKey: string }
  | { readonly kind: 'provider'; readonly providerId: string };

/** The value of the column `parent`. */
export function parentReference(parent: SessionParent): string {
  switch (parent.kind) {
    case 'session':
      return sessionReference(parent.session.session_id);
    case 'access-key':
      return accessKeyReference(parent.accessKey);
    case 'provider':
      return providerReference(parent.providerId);
  }
}

export function accessKeyReference(accessKey: string): string {
  return `access-key ${accessKey}`;
}

export function providerReference(providerId: string): string {
  return `provider ${providerId}`;
}

export function sessionReference(sessionId: string): string {
  return `session ${sessionId}`;
}

/** The session that a column `parent` names; undefined if it names none. */
export function sessionIdOf(reference: string | null): string | undefined {
  return reference?.startsWith('session ') ? reference.slice('session '.length) : undefined;
}
