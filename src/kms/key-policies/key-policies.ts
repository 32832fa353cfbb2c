import { requireRoom } from '../../iam/index.ts';
import type { Transaction } from '../../platform/db/database.ts';
import { authorize, holdProject } from '../access.ts';
import type { KmsContext } from '../context.ts';
import { kmsError } from '../errors.ts';
import { keyPolicyLimit } from '../limits.ts';
import { type Caller, type PermissionName, permissions } from '../permissions.ts';
import { type Page, type PageNumber, parsePage } from '../queries/page.ts';
import type { KeyPolicyTable } from '../tables.ts';
import { parsePolicyDocument } from './policy-document.ts';
import {
  deleteKeyPolicyRow,
  findKeyPolicy,
  insertKeyPolicy,
  listKeyPolicyRows,
  updateKeyPolicyRow,
} from './store.ts';

const namePattern = /^[a-zA-Z0-9:/_-]{1,255}$/;
const idPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

export interface CreateKeyPolicy {
  readonly keyspaceId: string;
  readonly policyName: string;
  /** JSON in a string. */
  readonly policy: string;
  readonly description: string | undefined;
}

function requireKeyspaceId(keyspaceId: string): string {
  if (!idPattern.test(keyspaceId)) throw kmsError('KMS.0308', 'keyspace_id must be a UUID.');
  return keyspaceId.toLowerCase();
}

async function audit(
  { identity }: KmsContext,
  transaction: Transaction,
  { actor }: Caller,
  permission: PermissionName,
  policy: KeyPolicyTable,
): Promise<void> {
  await identity.recordAudit(transaction, actor, {
    action: permissions[permission][0],
    resourceType: 'key policy',
    resourceId: policy.policy_id,
    resourceName: policy.policy_name,
    result: 'success',
  });
}

export async function createKeyPolicy(
  context: KmsContext,
  caller: Caller,
  input: CreateKeyPolicy,
): Promise<KeyPolicyTable> {
  const keyspaceId = requireKeyspaceId(input.keyspaceId);
  if (!namePattern.test(input.policyName))
    throw kmsError('KMS.0308', 'policy_name must be 1 to 255 of A-Z a-z 0-9 : / _ -.');
  const policy = JSON.stringify(parsePolicyDocument(input.policy));
  await authorize(context, caller, 'createKeyPolicy');
  const nowMs = context.clock.nowMs();
  const row: KeyPolicyTable = {
    policy_id: context.random.uuid(),
    account_id: caller.actor.accountId,
    project_id: caller.projectId,
    keyspace_id: keyspaceId,
    policy_name: input.policyName,
    policy,
    description: input.description ?? '',
    created_by: caller.actor.principalId,
    created_at: nowMs,
    modified_at: nowMs,
    accessed_at: nowMs,
  };
  await context.database.transaction(async (transaction) => {
    await holdProject(context, transaction, caller);
    await requireRoom(transaction, caller.actor.accountId, keyPolicyLimit);
    await insertKeyPolicy(transaction, row);
    await audit(context, transaction, caller, 'createKeyPolicy', row);
  });
  return row;
}

export async function listKeyPolicies(
  context: KmsContext,
  caller: Caller,
  input: { readonly keyspaceId: string; readonly limit: PageNumber; readonly marker: PageNumber },
): Promise<{ rows: KeyPolicyTable[]; total: number; page: Page }> {
  const keyspaceId = requireKeyspaceId(input.keyspaceId);
  const page = parsePage(input.limit, input.marker);
  await authorize(context, caller, 'listKeyPolicies');
  const of = { accountId: caller.actor.accountId, projectId: caller.projectId, keyspaceId };
  return { ...(await listKeyPolicyRows(context.database, of, page)), page };
}

async function openKeyPolicy(
  context: KmsContext,
  caller: Caller,
  policyId: string,
  permission: PermissionName,
): Promise<KeyPolicyTable> {
  await authorize(context, caller, permission);
  const { actor, projectId } = caller;
  const row = await findKeyPolicy(context.database, actor.accountId, projectId, policyId.toLowerCase());
  if (!row) throw kmsError('KMS.0308', `There is no key policy ${policyId} in this project.`);
  return row;
}

export async function getKeyPolicy(
  context: KmsContext,
  caller: Caller,
  policyId: string,
): Promise<KeyPolicyTable> {
  return await openKeyPolicy(context, caller, policyId, 'getKeyPolicy');
}

export async function updateKeyPolicy(
  context: KmsContext,
  caller: Caller,
  policyId: string,
  input: { readonly policy: string; readonly description: string | undefined },
): Promise<KeyPolicyTable> {
  const policy = JSON.stringify(parsePolicyDocument(input.policy));
  const row = await openKeyPolicy(context, caller, policyId, 'updateKeyPolicy');
  const changes = {
    policy,
    description: input.description ?? row.description,
    modified_at: context.clock.nowMs(),
  };
  await context.database.transaction(async (transaction) => {
    if (!(await updateKeyPolicyRow(transaction, row.policy_id, changes)))
      throw kmsError('KMS.0308', `There is no key policy ${policyId} in this project.`);
    await audit(context, transaction, caller, 'updateKeyPolicy', row);
  });
  return { ...row, ...changes };
}

export async function deleteKeyPolicy(context: KmsContext, caller: Caller, policyId: string): Promise<void> {
  const row = await openKeyPolicy(context, caller, policyId, 'deleteKeyPolicy');
  await context.database.transaction(async (transaction) => {
    if (!(await deleteKeyPolicyRow(transaction, row.policy_id)))
      throw kmsError('KMS.0308', `There is no key policy ${policyId} in this project.`);
    await audit(context, transaction, caller, 'deleteKeyPolicy', row);
  });
}
