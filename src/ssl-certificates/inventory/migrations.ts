import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

export const inventoryMigrations: Migrations = {
  'ssl-certificates-inventory-0001-verdict': {
    async up({ schema }: Kysely<unknown>): Promise<void> {
      await schema.alterTable('ssl_watched_endpoints').addColumn('verdict', 'text').execute();
      // Two requests at the same time watch a place once.
      await schema
        .createIndex('ssl_watched_endpoints_place')
        .on('ssl_watched_endpoints')
        .columns(['account_id', 'host', 'port', 'server_name'])
        .unique()
        .execute();
      await schema
        .createIndex('ssl_watched_endpoints_due')
        .on('ssl_watched_endpoints')
        .column('probed_at')
        .execute();
    },
  },
};
