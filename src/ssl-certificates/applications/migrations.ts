import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

export const applicationMigrations: Migrations = {
  'ssl-certificates-applications-0001-reviews': {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createIndex('ssl_applications_by_review')
        .on('ssl_applications')
        .columns(['account_id', 'review', 'submitted_at', 'certificate_id'])
        .execute();
    },
  },
  // The operator's queue is of all accounts.
  'ssl-certificates-applications-0050-reviews-by-the-operator': {
    async up({ schema }: Kysely<unknown>): Promise<void> {
      await schema.alterTable('ssl_applications').addColumn('applied_by', 'text').execute();
      await schema
        .createIndex('ssl_applications_waiting')
        .on('ssl_applications')
        .columns(['review', 'submitted_at', 'certificate_id'])
        .execute();
    },
  },
};
