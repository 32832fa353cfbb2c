import { fixedChange, type Reader, type Transaction } from '../platform/db/index.ts';
import { pcaError } from './errors.ts';
import type { PrivateCaTables, ResourceQuotaTable } from './tables.ts';

export type QuotaResource = ResourceQuotaTable['resource'];

/** What every account may have, unless its row says otherwise. */
export type QuotaLimits = Readonly<Record<QuotaResource, number>>;

/** Reference 4.2.1.3: "in the current system". */
export const defaultQuotaLimits: QuotaLimits = { CERTIFICATE_AUTHORITY: 100, CERTIFICATE: 100_000 };

export interface QuotaUse {
  readonly used: number;
  readonly quota: number;
}

type Taking = Pick<ResourceQuotaTable, 'account_id' | 'resource'> & {
  readonly amount: number;
  readonly limit: number;
};

function exceeded({ used, quota }: QuotaUse) {
  return pcaError('PCA.00030001', `${used} of ${quota} are used.`);
}

/** Returns the number of rows that the account has. */
export async function readUsed(reader: Reader, accountId: string, resource: QuotaResource): Promise<number> {
  return (await findRow(reader, accountId, resource))?.used ?? 0;
}

/** Undefined: what the installation grants every account. */
export async function readOwnQuota(
  reader: Reader,
  accountId: string,
  resource: QuotaResource,
): Promise<number | undefined> {
  return (await findRow(reader, accountId, resource))?.quota ?? undefined;
}

export async function writeOwnQuota(
  transaction: Transaction,
  accountId: string,
  resource: QuotaResource,
  quota: number | undefined,
): Promise<void> {
  await transaction
    .tables<PrivateCaTables>()
    .insertInto('pca_quotas')
    .values({ account_id: accountId, resource, used: 0, quota: quota ?? null })
    .onConflict((conflict) =>
      conflict
        .columns(['account_id', 'resource'])
        .doUpdateSet((columns) => ({ quota: columns.ref('excluded.quota') })),
    )
    .execute();
}

function findRow(reader: Reader, accountId: string, resource: QuotaResource) {
  return reader
    .tables<PrivateCaTables>()
    .selectFrom('pca_quotas')
    .select(['used', 'quota'])
    .where('account_id', '=', accountId)
    .where('resource', '=', resource)
    .executeTakeFirst();
}

/** Counts resources where they are created and removed, so that the count holds under concurrency without counting rows. */
export class QuotaStore {
  readonly #limits: QuotaLimits;

  constructor(limits: QuotaLimits = defaultQuotaLimits) {
    this.#limits = limits;
  }

  async find(reader: Reader, accountId: string, resource: QuotaResource): Promise<QuotaUse> {
    const row = await findRow(reader, accountId, resource);
    return { used: row?.used ?? 0, quota: row?.quota ?? this.#limits[resource] };
  }

  /** Throws PCA.00030001, and takes nothing, unless `amount` more fit. */
  async take(
    transaction: Transaction,
    accountId: string,
    resource: QuotaResource,
    amount = 1,
  ): Promise<void> {
    if (await this.#takeFromRow(transaction, accountId, resource, amount)) return;
    await transaction
      .tables<PrivateCaTables>()
      .insertInto('pca_quotas')
      .values({ account_id: accountId, resource, used: 0, quota: null })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    if (await this.#takeFromRow(transaction, accountId, resource, amount)) return;
    throw exceeded(await this.find(transaction, accountId, resource));
  }

  /** Spares the generation of a key that could not be kept; only `take` decides. Throws PCA.00030001. */
  async requireRoom(reader: Reader, accountId: string, resource: QuotaResource): Promise<void> {
    const use = await this.find(reader, accountId, resource);
    if (use.used >= use.quota) throw exceeded(use);
  }

  /** The other direction of `take`. */
  async release(transaction: Transaction, accountId: string, resource: QuotaResource): Promise<void> {
    await transaction
      .tables<PrivateCaTables>()
      .updateTable('pca_quotas')
      .set((eb) => ({ used: eb('used', '-', 1) }))
      .where('account_id', '=', accountId)
      .where('resource', '=', resource)
      .where('used', '>', 0)
      .execute();
  }

  async #takeFromRow(
    transaction: Transaction,
    account_id: string,
    resource: QuotaResource,
    amount: number,
  ): Promise<boolean> {
    const limit = this.#limits[resource];
    return (await takeFromRow(transaction, { account_id, resource, amount, limit })) === 1;
  }
}

// One statement decides and counts; PostgreSQL's row lock makes concurrent takers wait for one another.
const takeFromRow = fixedChange<PrivateCaTables, Taking>((db, value) =>
  db
    .updateTable('pca_quotas')
    .set((eb) => ({ used: eb('used', '+', value('amount')) }))
    .where('account_id', '=', value('account_id'))
    .where('resource', '=', value('resource'))
    .where((eb) =>
      eb(eb('used', '+', value('amount')), '<=', eb.fn.coalesce('quota', eb.val(value('limit')))),
    ),
);
