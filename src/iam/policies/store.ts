import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables, PolicyTable } from '../tables.ts';
import type { Policy } from './policy.ts';
import type { PolicyDocument } from './policy-document.ts';

/** Custom policies of an account; system policies are not in the database. */
export async function findCustomPolicies(
  reader: Reader,
  accountId: string,
  filter: { readonly policyIds?: readonly string[]; readonly displayName?: string } = {},
): Promise<Policy[]> {
  const { policyIds, displayName } = filter;
  if (policyIds?.length === 0) return [];
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('policies')
    .selectAll()
    .where('account_id', '=', accountId)
    .$if(policyIds !== undefined, (query) => query.where('policy_id', 'in', [...policyIds!]))
    .$if(displayName !== undefined, (query) => query.where('display_name', '=', displayName!))
    .orderBy('display_name')
    .execute();
  return rows.map(policyOf);
}

export async function insertPolicy(transaction: Transaction, policy: PolicyTable): Promise<void> {
  await transaction.tables<IamTables>().insertInto('policies').values(policy).execute();
}

export async function updatePolicyRow(
  transaction: Transaction,
  accountId: string,
  policyId: string,
  change: Partial<PolicyTable>,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .updateTable('policies')
    .set(change)
    .where('account_id', '=', accountId)
    .where('policy_id', '=', policyId)
    .execute();
}

export async function deletePolicyRow(
  transaction: Transaction,
  accountId: string,
  policyId: string,
): Promise<void> {
  await transaction
    .tables<IamTables>()
    .deleteFrom('policies')
    .where('account_id', '=', accountId)
    .where('policy_id', '=', policyId)
    .execute();
}

function policyOf(row: PolicyTable): Policy {
  return {
    policyId: row.policy_id,
    accountId: row.account_id,
    name: row.name,
    displayName: row.display_name,
    type: row.type,
    catalog: row.catalog,
    description: row.description,
    document: JSON.parse(row.document) as PolicyDocument,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
