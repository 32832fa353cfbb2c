import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

const redeploymentColumns = [
  'certificate_id',
  'account_id',
  'predecessor_id',
  'service',
  'project',
  'resource_id',
  'resource_type',
  'resource_enterprise_project_id',
] as const;

/** What is to be deployed again, and who is deploying where. */
export const deploymentMigrations: Migrations = {
  'ssl-certificates-deployments-0001-redeployments': {
    async up(db: Kysely<unknown>): Promise<void> {
      let redeployments = db.schema.createTable('ssl_redeployments');
      for (const name of redeploymentColumns)
        redeployments = redeployments.addColumn(name, 'text', (column) => column.notNull());
      await redeployments
        .addColumn('last_failure', 'text')
        .addPrimaryKeyConstraint('ssl_redeployments_key', [
          'certificate_id',
          'service',
          'project',
          'resource_id',
        ] as never[])
        .execute();
      await db.schema
        .createIndex('ssl_redeployments_by_predecessor')
        .on('ssl_redeployments')
        .columns(['account_id', 'predecessor_id'])
        .execute();
      await db.schema
        .createTable('ssl_deployment_leases')
        .addColumn('place', 'text', (column) => column.primaryKey())
        .addColumn('holder', 'text', (column) => column.notNull())
        .addColumn('expires_at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
};
