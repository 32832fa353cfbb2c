import type { Clock } from '../../platform/clock.ts';
import type { Reader } from '../../platform/db/database.ts';
import type { KeyTable, KmsTables } from '../tables.ts';
import type { Page } from './page.ts';

export interface KeyFilter {
  readonly accountId: string;
  readonly projectId: string;
  readonly keySpec?: string;
  readonly keyState?: string;
  /** Default: all. */
  readonly enterpriseProjectIds?: 'all' | readonly string[];
}

function matching(reader: Reader, clock: Clock, filter: KeyFilter) {
  const nowMs = clock.nowMs();
  let query = reader
    .tables<KmsTables>()
    .selectFrom('kms_keys')
    .where('account_id', '=', filter.accountId)
    .where('project_id', 'in', [filter.projectId, ''])
    // Destroyed by the clock, if not swept away yet.
    .where((eb) => eb.or([eb('key_state', '!=', '4'), eb('scheduled_deletion_at', '>', nowMs)]));
  if (filter.keySpec !== undefined) query = query.where('key_spec', '=', filter.keySpec);
  const { enterpriseProjectIds: projects = 'all' } = filter;
  if (projects !== 'all') query = query.where('enterprise_project_id', 'in', [...projects]);
  if (filter.keyState === '5')
    query = query.where((eb) =>
      eb.or([
        eb('key_state', '=', '5'),
        eb.and([eb('key_state', 'in', ['2', '3']), eb('material_expires_at', '<=', nowMs)]),
      ]),
    );
  else if (filter.keyState !== undefined)
    query = query
      .where('key_state', '=', filter.keyState as KeyTable['key_state'])
      .where((eb) =>
        eb.or([
          eb('key_state', '=', '4'),
          eb('material_expires_at', 'is', null),
          eb('material_expires_at', '>', nowMs),
        ]),
      );
  return query;
}

/** Newest first. */
export async function listKeyRows(
  reader: Reader,
  clock: Clock,
  filter: KeyFilter,
  page: Page,
): Promise<{ rows: KeyTable[]; total: number }> {
  const rows = matching(reader, clock, filter)
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('key_id', 'desc')
    // PostgreSQL and SQLite agree on this as on no limit.
    .limit(page.limit ?? Number.MAX_SAFE_INTEGER)
    .offset(page.offset);
  const { total } = await matching(reader, clock, filter)
    .select((eb) => eb.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows: await rows.execute(), total };
}
