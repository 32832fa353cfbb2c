import type { Reader, Transaction } from '../../platform/db/index.ts';

/** A mail to an address that a tenant named. Times are milliseconds since 1970. */
export interface CountedMail {
  readonly mail_id: string;
  readonly account_id: string;
  /** In lower case. */
  readonly mailbox: string;
  /** See registeredDomain. */
  readonly domain: string;
  readonly purpose: 'validation' | 'notice';
  readonly counted_at: number;
}

interface MailTables {
  ssl_counted_mails: CountedMail;
}

const mails = (reader: Reader) => reader.tables<MailTables>();

/** Returns how many mails of the selection count still, and when the oldest of them was counted. */
export async function countMails(
  reader: Reader,
  selection: Partial<Pick<CountedMail, 'account_id' | 'mailbox' | 'domain' | 'purpose'>>,
  sinceMs: number,
): Promise<{ readonly count: number; readonly oldestMs: number | undefined }> {
  let query = mails(reader)
    .selectFrom('ssl_counted_mails')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.min<number | null>('counted_at').as('oldest')])
    .where('counted_at', '>', sinceMs);
  for (const column of ['account_id', 'mailbox', 'domain', 'purpose'] as const) {
    const value = selection[column];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  const { count, oldest } = await query.executeTakeFirstOrThrow();
  return { count, oldestMs: oldest ?? undefined };
}

export async function insertMail(transaction: Transaction, mail: CountedMail): Promise<void> {
  await mails(transaction).insertInto('ssl_counted_mails').values(mail).execute();
}

/** Those of the account that no longer count. */
export async function deleteMailsBefore(
  transaction: Transaction,
  accountId: string,
  untilMs: number,
): Promise<void> {
  await mails(transaction)
    .deleteFrom('ssl_counted_mails')
    .where('account_id', '=', accountId)
    .where('counted_at', '<=', untilMs)
    .execute();
}

/** Forgets the newest validation mail to the mailbox. */
export async function deleteNewestMail(
  transaction: Transaction,
  accountId: string,
  mailbox: string,
): Promise<void> {
  const newest = await mails(transaction)
    .selectFrom('ssl_counted_mails')
    .select('mail_id')
    .where('account_id', '=', accountId)
    .where('mailbox', '=', mailbox)
    .where('purpose', '=', 'validation')
    .orderBy('counted_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (newest)
    await mails(transaction).deleteFrom('ssl_counted_mails').where('mail_id', '=', newest.mail_id).execute();
}
