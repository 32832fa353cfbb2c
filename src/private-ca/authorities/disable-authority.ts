import type { Actor } from '../../iam/actor.ts';
import { requireAllowed } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { changeAuthority } from './change-authority.ts';
import { loadAuthority } from './load-authority.ts';

/** ACTIVED or EXPIRED to DISABLED. The CAs below keep their status: theirs are calls of their own. */
export async function disableAuthority(ports: PrivateCaPorts, actor: Actor, caId: string): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'disableAuthority', caId);
  requireAllowed('disable', ca, ports.clock.nowMs());
  await ports.database.transaction((transaction) =>
    changeAuthority(ports, transaction, actor, 'disableAuthority', ca, { status: 'DISABLED' }),
  );
}
