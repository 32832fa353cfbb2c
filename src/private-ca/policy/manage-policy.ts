import type { Actor } from '../../iam/actor.ts';
import { changeAuthority } from '../authorities/change-authority.ts';
import { loadAuthority } from '../authorities/load-authority.ts';
import { requireAllowed } from '../ca.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { type IssuancePolicy, parsePolicy, requireSoundPolicy } from './issuance-policy.ts';

/** Undefined: the CA has none. Throws AccessDenied, PCA.00030102. */
export async function getPolicy(
  ports: Pick<PrivateCaPorts, 'database' | 'identity'>,
  actor: Actor,
  caId: string,
): Promise<IssuancePolicy | undefined> {
  const ca = await loadAuthority(ports, actor, 'getIssuancePolicy', caId);
  return parsePolicy(ca.issuance_policy);
}

/** Replaces the whole policy; undefined removes it. Throws PCA.00020001 for one that cannot be kept to. */
export async function setPolicy(
  ports: PrivateCaPorts,
  actor: Actor,
  caId: string,
  policy: IssuancePolicy | undefined,
): Promise<void> {
  const ca = await loadAuthority(ports, actor, 'setIssuancePolicy', caId, {
    approval: 'change-issuance-policy',
  });
  requireAllowed('setPolicy', ca, ports.clock.nowMs());
  if (policy !== undefined) requireSoundPolicy(policy);
  const issuance_policy = policy === undefined ? null : JSON.stringify(policy);
  await ports.database.transaction((transaction) =>
    changeAuthority(ports, transaction, actor, 'setIssuancePolicy', ca, { issuance_policy }),
  );
}
