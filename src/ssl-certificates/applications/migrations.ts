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
};
