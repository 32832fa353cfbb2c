import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

export const tagMigrations: Migrations = {
  'ssl-certificates-tags-0001-searches': {
    async up({ schema }: Kysely<unknown>): Promise<void> {
      // For a search by a key or by several values, which is in the order of ids as well.
      await schema
        .createIndex('ssl_certificate_tags_by_certificate')
        .on('ssl_certificate_tags')
        .columns(['account_id', 'key', 'certificate_id', 'value'])
        .execute();
    },
  },
};
