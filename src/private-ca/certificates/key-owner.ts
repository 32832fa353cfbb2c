import type { KeyOwner } from '../../kms/key-store.ts';

/** Whose account key wraps the keys of this capability. */
export function keyOwner(accountId: string): KeyOwner {
  return { accountId, purpose: 'pca' };
}
