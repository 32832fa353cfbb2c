import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { Actor } from '../actor.ts';
import { grantOf } from '../authentication/load-grants.ts';
import { requireGrantable } from '../authority.ts';
import { change } from '../change.ts';
import type { IamContext } from '../context.ts';
import { badRequest, conflict, forbidden, notFound } from '../errors.ts';
import { policyLimit } from '../limits/iam-limits.ts';
import { requireRoom } from '../limits/require-room.ts';
import { iamActions } from '../permissions.ts';
import { findAssignments } from '../role-assignments/store.ts';
import type { RoleAssignmentTable } from '../tables.ts';
import { compilePolicy } from './compile-policy.ts';
import { liftedDenials } from './cover.ts';
import type { Policy, PolicyDisplay } from './policy.ts';
import { MalformedPolicy, type PolicyDocument, parsePolicyDocument } from './policy-document.ts';
import { deletePolicyRow, findCustomPolicies, insertPolicy, updatePolicyRow } from './store.ts';
import { findSystemPolicy, findSystemPolicyByName } from './system-policies.ts';

export interface PolicyInput {
  readonly displayName: string;
  readonly type: PolicyDisplay;
  readonly description: string;
  /** As JSON gave it. */
  readonly document: unknown;
}

/** A system policy or one of the account's own; 404 otherwise. */
export async function getPolicy(reader: Reader, accountId: string, policyId: string): Promise<Policy> {
  const policy =
    findSystemPolicy(policyId) ?? (await findCustomPolicies(reader, accountId, { policyIds: [policyId] }))[0];
  if (!policy) throw notFound('role', policyId);
  return policy;
}

export async function createPolicy(iam: IamContext, actor: Actor, input: PolicyInput): Promise<Policy> {
  return change(iam, actor, { action: iamActions.createPolicy }, 'role', async (transaction) => {
    const document = checkDocument(input.document);
    requireFreeName(input.displayName);
    await requireRoom(transaction, actor.accountId, policyLimit);
    const nowMs = iam.clock.nowMs();
    const policyId = iam.random.hexId();
    const policy: Policy = {
      policyId,
      accountId: actor.accountId,
      name: `custom_${policyId}`,
      displayName: input.displayName,
      type: input.type,
      catalog: 'CUSTOMED',
      description: input.description,
      document,
      createdAt: nowMs,
      updatedAt: nowMs,
    };
    await insertPolicy(transaction, {
      policy_id: policyId,
      account_id: actor.accountId,
      name: policy.name,
      display_name: policy.displayName,
      type: policy.type,
      catalog: policy.catalog,
      description: policy.description,
      document: JSON.stringify(document),
      created_at: nowMs,
      updated_at: nowMs,
    });
    return { result: policy, resourceId: policyId, resourceName: policy.displayName };
  });
}

export async function updatePolicy(
  iam: IamContext,
  actor: Actor,
  policyId: string,
  input: Partial<PolicyInput>,
): Promise<Policy> {
  return change(iam, actor, { action: iamActions.updatePolicy }, 'role', async (transaction) => {
    const policy = await requireCustom(transaction, actor, policyId);
    const document = input.document === undefined ? policy.document : checkDocument(input.document);
    const displayName = input.displayName ?? policy.displayName;
    if (displayName !== policy.displayName) requireFreeName(displayName);
    if (input.document !== undefined) await requireReplaceable(iam, transaction, actor, policy, document);
    const { type = policy.type, description = policy.description } = input;
    const updatedAt = iam.clock.nowMs();
    await updatePolicyRow(transaction, actor.accountId, policyId, {
      display_name: displayName,
      type,
      description,
      document: JSON.stringify(document),
      updated_at: updatedAt,
    });
    const result: Policy = { ...policy, displayName, type, description, document, updatedAt };
    return { result, resourceId: policyId, resourceName: displayName, detail: Object.keys(input).join(', ') };
  });
}

/** Changing a granted policy needs the rights that it newly allows and those that it no longer denies. */
async function requireReplaceable(
  iam: IamContext,
  transaction: Transaction,
  actor: Actor,
  policy: Policy,
  document: PolicyDocument,
): Promise<void> {
  const kept = new Set(document.Statement.map((statement) => JSON.stringify(statement)));
  const Statement = policy.document.Statement.filter((statement) => !kept.has(JSON.stringify(statement)));
  const dropped = { ...policy, document: { ...policy.document, Statement } };
  for (const place of await findAssignments(transaction, actor.accountId, { policyId: policy.policyId })) {
    const given = [grantOf({ ...policy, document }, place)];
    requireGrantable(iam, actor, policy.policyId, given);
    requireGrantable(iam, actor, policy.policyId, liftedDenials([grantOf(dropped, place)]), given);
  }
}

/** 409 while it is granted to anybody: with a policy goes what it denies, too. */
export async function deletePolicy(iam: IamContext, actor: Actor, policyId: string): Promise<void> {
  await change(iam, actor, { action: iamActions.deletePolicy }, 'role', async (transaction) => {
    const policy = await requireCustom(transaction, actor, policyId);
    const granted = await findAssignments(transaction, actor.accountId, { policyId });
    if (granted.length > 0) throw conflict('role', `${describeGrants(granted)} Revoke these grants first.`);
    await deletePolicyRow(transaction, actor.accountId, policyId);
    return { result: undefined, resourceId: policyId, resourceName: policy.displayName };
  });
}

/** Kinds and numbers only: the caller may not be allowed to see whom it is granted to. */
function describeGrants(assignments: readonly RoleAssignmentTable[]): string {
  const counts = (['user', 'group', 'agency'] as const).flatMap((kind) => {
    const count = assignments.filter((each) => each.subject_kind === kind).length;
    return count === 0 ? [] : [`${kind}: ${count}`];
  });
  return `It is granted, by kind of subject: ${counts.join(', ')}.`;
}

async function requireCustom(reader: Reader, actor: Actor, policyId: string): Promise<Policy> {
  const policy = await getPolicy(reader, actor.accountId, policyId);
  if (policy.accountId === undefined) throw forbidden('System policies cannot be changed.');
  return policy;
}

/** What is stored can be evaluated: 400 for whatever cannot. */
function checkDocument(value: unknown): PolicyDocument {
  try {
    const document = parsePolicyDocument(value);
    compilePolicy(document);
    return document;
  } catch (error) {
    if (error instanceof MalformedPolicy) throw badRequest(error.message);
    throw error;
  }
}

/** Clients look policies up by display name. */
function requireFreeName(displayName: string): void {
  if (findSystemPolicyByName(displayName)) throw conflict('role', 'A system policy has this name.');
}
