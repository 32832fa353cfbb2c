import type { Kysely } from 'kysely';
import type { Migrations } from '../../platform/db/index.ts';

async function createCountedMails({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('ssl_counted_mails')
    .addColumn('mail_id', 'text', (column) => column.primaryKey())
    .addColumn('account_id', 'text', (column) => column.notNull())
    .addColumn('mailbox', 'text', (column) => column.notNull())
    .addColumn('domain', 'text', (column) => column.notNull())
    .addColumn('purpose', 'text', (column) => column.notNull())
    .addColumn('counted_at', 'bigint', (column) => column.notNull())
    .execute();
  for (const columns of [
    ['account_id', 'counted_at'],
    ['mailbox', 'counted_at'],
  ])
    await schema
      .createIndex(`ssl_counted_mails_by_${columns[0]}`)
      .on('ssl_counted_mails')
      .columns(columns)
      .execute();
}

export const mailMigrations: Migrations = {
  'ssl-certificates-mail-0050-counted-mails': { up: createCountedMails },
};
