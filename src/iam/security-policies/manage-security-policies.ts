import type { Reader } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { defaultApprovalPolicy } from '../approvals/approval-policy.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { defaultOperationProtection } from '../critical-operations/operation-protection.ts';
import { badRequest } from '../errors.ts';
import { securityPolicyActions } from '../permissions.ts';
import { AddressList } from './address-list.ts';
import {
  type AddressPolicy,
  defaultLoginPolicy,
  defaultPasswordPolicy,
  type SecurityPolicies,
  type SecurityPolicyKind,
} from './policies.ts';
import { findSecurityPolicies, writeSecurityPolicy } from './store.ts';

const defaults: SecurityPolicies = {
  'password-policy': defaultPasswordPolicy,
  'login-policy': defaultLoginPolicy,
  'console-acl-policy': { blocks: [], ranges: [] },
  'api-acl-policy': { blocks: [], ranges: [] },
  'approval-policy': defaultApprovalPolicy,
  'protect-policy': defaultOperationProtection,
};

/** The account's policy, or the default. */
export async function getSecurityPolicy<Kind extends SecurityPolicyKind>(
  iam: IamContext,
  actor: Actor,
  kind: Kind,
): Promise<SecurityPolicies[Kind]> {
  await iam.accessControl.authorize(actor, { action: securityPolicyActions[kind].get });
  return currentPolicy(iam.database, actor.accountId, kind);
}

/** `next` makes the new policy from the current one. */
export async function setSecurityPolicy<Kind extends SecurityPolicyKind>(
  iam: IamContext,
  actor: Actor,
  kind: Kind,
  next: (current: SecurityPolicies[Kind]) => SecurityPolicies[Kind],
): Promise<SecurityPolicies[Kind]> {
  const access = { action: securityPolicyActions[kind].update };
  return change(iam, actor, access, 'securityPolicy', async (transaction) => {
    const policy = next(await currentPolicy(transaction, actor.accountId, kind));
    await writeSecurityPolicy(transaction, actor.accountId, kind, policy);
    return { result: policy, resourceId: kind, detail: JSON.stringify(policy).slice(0, 1000) };
  });
}

/** Refuses with 400 what would shut the caller out; the root user is bound by no list. */
export function requireOwnAddress(actor: Actor, place: string, policy: AddressPolicy): AddressPolicy {
  if (!actor.isRoot && !new AddressList(policy).allows(actor.sourceIp))
    throw badRequest(`${place} must contain the address of this request, ${actor.sourceIp}.`);
  return policy;
}

export async function currentPolicy<Kind extends SecurityPolicyKind>(
  reader: Reader,
  accountId: string,
  kind: Kind,
): Promise<SecurityPolicies[Kind]> {
  const policies = await findSecurityPolicies(reader, accountId);
  // Under the default, so that a policy stored before a field was added has the field's default.
  return { ...defaults[kind], ...policies[kind] } as SecurityPolicies[Kind];
}
