import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

/**
 * Records what each session comes from. Sessions of before are ended: nobody knows their parents, so they could outlive them.
 */
async function addParents(schema: Kysely<unknown>): Promise<void> {
  await (schema as Kysely<{ sessions: object }>).deleteFrom('sessions').execute();
  const sessions = () => schema.schema.alterTable('sessions');
  await sessions()
    .addColumn('session_id', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
  await sessions().addColumn('parent', 'text').execute();
  await sessions()
    .addColumn('is_full', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();
  await sessions().addColumn('source_ip', 'text').execute();
  await schema.schema
    .createIndex('sessions_by_session_id')
    .on('sessions')
    .columns(['session_id'])
    .unique()
    .execute();
  await schema.schema.createIndex('sessions_by_parent').on('sessions').columns(['parent']).execute();
}

/** Indexes sessions by who assumed an agency, for the list of a user's sessions. Few are of agencies, so logins pay nothing. */
async function indexAssumers(schema: Kysely<unknown>): Promise<void> {
  await schema.schema
    .createIndex('sessions_by_assumed_by')
    .on('sessions')
    .columns(['assumed_by'])
    .where('assumed_by', 'is not', null)
    .execute();
}

export const sessionMigrations: Migrations = {
  'iam-0021-parents-of-sessions': { up: addParents },
  'iam-0023-sessions-by-assumer': { up: indexAssumers },
};
