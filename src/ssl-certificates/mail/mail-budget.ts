import { type LimitKind, lockLimit, readLimit } from '../../iam/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db/index.ts';
import type { Random } from '../../platform/random.ts';
import { mailsExhausted } from '../errors.ts';
import { mailboxLimit, mailDomainLimit, mailLimit, noticeLimit } from '../limits.ts';
import {
  type CountedMail,
  countMails,
  deleteMailsBefore,
  deleteNewestMail,
  insertMail,
} from './mail-budget-store.ts';
import { registeredDomain } from './mailbox-domain.ts';

const windowMs = 24 * 3_600_000;
/** Limit over all accounts, so that several do not do together what one may not. */
const mostToMailboxOfAll = 20;

type Purpose = CountedMail['purpose'];

interface Budget {
  readonly selection: Partial<CountedMail>;
  readonly most: number;
  /** As a refusal names it. */
  readonly of: string;
  readonly limit?: LimitKind;
}

interface BudgetPorts {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Counts a mail by which a domain is verified, in the transaction that decides to send it. Throws SCM.0025 (429), which says which budget
 * is used and until when, and counts nothing.
 */
export async function countValidationMail(
  ports: BudgetPorts,
  transaction: Transaction,
  accountId: string,
  address: string,
): Promise<void> {
  const refusal = await count(ports, transaction, accountId, address, 'validation');
  if (refusal !== undefined) throw mailsExhausted(`${refusal} DNS verifies without mails.`);
}

/** Counts a notice to an address that an application names. Returns why it is not sent, or undefined. */
export function countNotice(
  ports: BudgetPorts,
  transaction: Transaction,
  accountId: string,
  address: string,
): Promise<string | undefined> {
  return count(ports, transaction, accountId, address, 'notice');
}

/** Gives back the count of a validation mail that was certainly not sent. */
export function uncountMail(transaction: Transaction, accountId: string, address: string): Promise<void> {
  return deleteNewestMail(transaction, accountId, address.toLowerCase());
}

async function count(
  { clock, random }: BudgetPorts,
  transaction: Transaction,
  accountId: string,
  address: string,
  purpose: Purpose,
): Promise<string | undefined> {
  const nowMs = clock.nowMs();
  const mailbox = address.toLowerCase();
  const mail = { account_id: accountId, mailbox, domain: registeredDomain(mailbox), purpose };
  // Whoever else counts a mail of the account waits here.
  const most = await lockLimit(transaction, accountId, mailLimit);
  await deleteMailsBefore(transaction, accountId, nowMs - windowMs);
  const ofAccount = { selection: { account_id: accountId }, most, of: 'of an account', limit: mailLimit };
  for (const budget of [...(await budgetsOf(transaction, mail)), ofAccount]) {
    const { count, oldestMs = nowMs } = await countMails(transaction, budget.selection, nowMs - windowMs);
    if (count >= budget.most) return textOf(budget, new Date(oldestMs + windowMs));
  }
  await insertMail(transaction, { mail_id: random.hexId(), ...mail, counted_at: nowMs });
  return undefined;
}

/** Certificates of one contact end together, so there are more notices than validation mails. */
async function budgetsOf(
  transaction: Transaction,
  {
    account_id,
    mailbox,
    domain,
    purpose,
  }: Pick<CountedMail, 'account_id' | 'mailbox' | 'domain' | 'purpose'>,
): Promise<Budget[]> {
  const mostOf = (limit: LimitKind) => readLimit(transaction, account_id, limit);
  const toMailbox = { account_id, mailbox, purpose };
  const of = `to ${mailbox}`;
  if (purpose === 'notice')
    return [{ selection: toMailbox, most: await mostOf(noticeLimit), of, limit: noticeLimit }];
  const toDomain = { account_id, domain, purpose };
  return [
    { selection: toMailbox, most: await mostOf(mailboxLimit), of, limit: mailboxLimit },
    { selection: toDomain, most: await mostOf(mailDomainLimit), of: `to ${domain}`, limit: mailDomainLimit },
    { selection: { mailbox, purpose }, most: mostToMailboxOfAll, of: `${of} from all accounts` },
  ];
}

function textOf({ most, of, limit }: Budget, until: Date): string {
  const name = limit ? ` (limit ${limit.kind})` : '';
  return `At most ${most} mails ${of} are sent within 24 hours${name}. Try again after ${until.toISOString()}.`;
}
