import { sql } from 'kysely';
import { fixedInsert, type Reader } from '../../platform/db/index.ts';
import type { AuditRecordTable, IamTables } from '../tables.ts';

export interface AuditFilter {
  readonly principalId?: string;
  readonly action?: string;
  readonly resourceType?: string;
  readonly resourceId?: string;
  readonly result?: AuditRecordTable['result'];
  /** Record ids, which sort by time: from this one, before that one. */
  readonly from?: string;
  readonly before?: string;
}

export const insertAuditRecord = fixedInsert<AuditRecordTable>('audit_records');

/** Newest first. */
export function findAuditRecords(
  reader: Reader,
  accountId: string,
  filter: AuditFilter,
  limit: number,
): Promise<AuditRecordTable[]> {
  const { principalId, action, resourceType, resourceId, result, from, before } = filter;
  return (
    reader
      .tables<IamTables>()
      .selectFrom('audit_records')
      .selectAll()
      .where('account_id', '=', accountId)
      .$if(principalId !== undefined, (query) => query.where('principal_id', '=', principalId!))
      .$if(action !== undefined, (query) => query.where('action', '=', action!))
      .$if(resourceType !== undefined, (query) => query.where('resource_type', '=', resourceType!))
      .$if(resourceId !== undefined, (query) => query.where('resource_id', '=', resourceId!))
      .$if(result !== undefined, (query) => query.where('result', '=', result!))
      // Literally as in the partial index, or the database does not see that it serves.
      .$if(result === 'refused' || result === 'failed', (query) =>
        query.where('result', '<>', sql.lit('success')),
      )
      .$if(from !== undefined, (query) => query.where('record_id', '>=', from!))
      .$if(before !== undefined, (query) => query.where('record_id', '<', before!))
      .orderBy('record_id', 'desc')
      .limit(limit)
      .execute()
  );
}
