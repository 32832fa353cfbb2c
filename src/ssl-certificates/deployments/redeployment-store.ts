import type { Kysely } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { TargetService } from '../targets/target.ts';
import type { Place } from './place.ts';

/** A place where a certificate has to take its predecessor's place. Gone once it has, or never will. */
export interface Redeployment {
  certificate_id: string;
  account_id: string;
  predecessor_id: string;
  service: TargetService;
  project: string;
  resource_id: string;
  resource_type: string;
  resource_enterprise_project_id: string;
  /** Why it has not succeeded yet. */
  last_failure: string | null;
}

function tables(reader: Reader): Kysely<{ ssl_redeployments: Redeployment }> {
  return reader.tables<{ ssl_redeployments: Redeployment }>();
}

export async function insertRedeployment(transaction: Transaction, row: Redeployment): Promise<void> {
  await tables(transaction)
    .insertInto('ssl_redeployments')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function findRedeployment(
  reader: Reader,
  accountId: string,
  certificateId: string,
  place: Place,
): Promise<Redeployment | undefined> {
  return tables(reader)
    .selectFrom('ssl_redeployments')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .where('service', '=', place.service)
    .where('project', '=', place.project)
    .where('resource_id', '=', place.resourceId)
    .executeTakeFirst();
}

/** What still has to be deployed of this certificate. */
export async function redeploymentsOf(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<Redeployment[]> {
  return tables(reader)
    .selectFrom('ssl_redeployments')
    .selectAll()
    .where('certificate_id', '=', certificateId)
    .where('account_id', '=', accountId)
    .execute();
}

/** Whether the certificate has a place to take, or to give up, still. */
export async function isBeingRedeployed(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<boolean> {
  const row = await tables(reader)
    .selectFrom('ssl_redeployments')
    .select('certificate_id')
    .where('account_id', '=', accountId)
    .where((eb) =>
      eb.or([eb('certificate_id', '=', certificateId), eb('predecessor_id', '=', certificateId)]),
    )
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function writeFailure(
  transaction: Transaction,
  row: Redeployment,
  failure: string,
): Promise<void> {
  await tables(transaction)
    .updateTable('ssl_redeployments')
    .set({ last_failure: failure })
    .where('certificate_id', '=', row.certificate_id)
    .where('account_id', '=', row.account_id)
    .where('service', '=', row.service)
    .where('project', '=', row.project)
    .where('resource_id', '=', row.resource_id)
    .execute();
}

export async function removeRedeployment(transaction: Transaction, row: Redeployment): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_redeployments')
    .where('certificate_id', '=', row.certificate_id)
    .where('account_id', '=', row.account_id)
    .where('service', '=', row.service)
    .where('project', '=', row.project)
    .where('resource_id', '=', row.resource_id)
    .execute();
}
