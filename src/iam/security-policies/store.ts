import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { IamTables } from '../tables.ts';
import type { SecurityPolicies, SecurityPolicyKind } from './policies.ts';

/** Those that the account has set. */
export async function findSecurityPolicies(
  reader: Reader,
  accountId: string,
): Promise<Partial<SecurityPolicies>> {
  const rows = await reader
    .tables<IamTables>()
    .selectFrom('security_policies')
    .select(['kind', 'document'])
    .where('account_id', '=', accountId)
    .execute();
  return Object.fromEntries(rows.map((row) => [row.kind, JSON.parse(row.document)]));
}

export async function writeSecurityPolicy<Kind extends SecurityPolicyKind>(
  transaction: Transaction,
  accountId: string,
  kind: Kind,
  policy: SecurityPolicies[Kind],
): Promise<void> {
  const document = JSON.stringify(policy);
  await transaction
    .tables<IamTables>()
    .insertInto('security_policies')
    .values({ account_id: accountId, kind, document })
    .onConflict((conflict) => conflict.columns(['account_id', 'kind']).doUpdateSet({ document }))
    .execute();
}
