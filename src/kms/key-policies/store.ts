import type { Reader, Transaction } from '../../platform/db/database.ts';
import type { KeyPolicyTable, KmsTables } from '../tables.ts';

export async function insertKeyPolicy(transaction: Transaction, row: KeyPolicyTable): Promise<void> {
  await transaction.tables<KmsTables>().insertInto('kms_key_policies').values(row).execute();
}

export async function findKeyPolicy(
  reader: Reader,
  accountId: string,
  projectId: string,
  policyId: string,
): Promise<KeyPolicyTable | undefined> {
  return await reader
    .tables<KmsTables>()
    .selectFrom('kms_key_policies')
    .selectAll()
    .where('policy_id', '=', policyId)
    .where('account_id', '=', accountId)
    .where('project_id', '=', projectId)
    .executeTakeFirst();
}

/** False if it is gone. */
export async function updateKeyPolicyRow(
  transaction: Transaction,
  policyId: string,
  changes: Partial<Pick<KeyPolicyTable, 'policy' | 'description' | 'modified_at'>>,
): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .updateTable('kms_key_policies')
    .set(changes)
    .where('policy_id', '=', policyId)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Counts the key policies of the project that let the access point have keys. */
export async function countPoliciesNaming(
  reader: Reader,
  of: { readonly accountId: string; readonly projectId: string },
  accessPointId: string,
): Promise<number> {
  const { total } = await reader
    .tables<KmsTables>()
    .selectFrom('kms_key_policies')
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .where('account_id', '=', of.accountId)
    .where('project_id', '=', of.projectId)
    .where('policy', 'like', `%"${accessPointId}"%`)
    .executeTakeFirstOrThrow();
  return total;
}

export async function deleteKeyPolicyRow(transaction: Transaction, policyId: string): Promise<boolean> {
  const result = await transaction
    .tables<KmsTables>()
    .deleteFrom('kms_key_policies')
    .where('policy_id', '=', policyId)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** Of one key space, newest first, with the number of all. */
export async function listKeyPolicyRows(
  reader: Reader,
  of: { readonly accountId: string; readonly projectId: string; readonly keyspaceId: string },
  page: { readonly limit: number | undefined; readonly offset: number },
): Promise<{ rows: KeyPolicyTable[]; total: number }> {
  const ofKeyspace = reader
    .tables<KmsTables>()
    .selectFrom('kms_key_policies')
    .where('account_id', '=', of.accountId)
    .where('project_id', '=', of.projectId)
    .where('keyspace_id', '=', of.keyspaceId);
  const rows = await ofKeyspace
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('policy_id', 'desc')
    .limit(page.limit ?? Number.MAX_SAFE_INTEGER)
    .offset(page.offset)
    .execute();
  const { total } = await ofKeyspace
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total };
}
