import type { Kysely, Selectable } from 'kysely';
import type { Reader, Transaction } from '../../platform/db/index.ts';
import type { SslCertificateTables, SslDeploymentTable } from '../tables.ts';
import type { Place } from './place.ts';

export type Deployment = Selectable<SslDeploymentTable>;

function tables(reader: Reader): Kysely<SslCertificateTables> {
  return reader.tables<SslCertificateTables>();
}

/** Where a certificate was pushed and deployed to, in a fixed order. */
export async function deploymentsOf(
  reader: Reader,
  accountId: string,
  certificateId: string,
): Promise<Deployment[]> {
  return tables(reader)
    .selectFrom('ssl_deployments')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('certificate_id', '=', certificateId)
    .orderBy('service')
    .orderBy('project')
    .orderBy('resource_id')
    .execute();
}

/** Whether the certificate was pushed or deployed to this place, and is there still. */
export async function isDeployed(
  reader: Reader,
  accountId: string,
  certificateId: string,
  place: Place,
): Promise<boolean> {
  const ids = await certificatesAt(reader, accountId, place);
  return ids.includes(certificateId);
}

/** Of a resource it is one at most; to a service many may have been pushed. */
export async function certificatesAt(reader: Reader, accountId: string, place: Place): Promise<string[]> {
  const rows = await tables(reader)
    .selectFrom('ssl_deployments')
    .select('certificate_id')
    .where('account_id', '=', accountId)
    .where('service', '=', place.service)
    .where('project', '=', place.project)
    .where('resource_id', '=', place.resourceId)
    .execute();
  return rows.map((row) => row.certificate_id);
}

/** The certificate takes the place of the one that was on the resource. */
export async function recordDeployment(transaction: Transaction, row: Deployment): Promise<void> {
  const { certificate_id, account_id, service, project, resource_id, ...rest } = row;
  if (resource_id !== '') {
    await tables(transaction)
      .deleteFrom('ssl_deployments')
      .where('account_id', '=', account_id)
      .where('service', '=', service)
      .where('project', '=', project)
      .where('resource_id', '=', resource_id)
      .where('certificate_id', '!=', certificate_id)
      .execute();
  }
  await tables(transaction)
    .insertInto('ssl_deployments')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(['certificate_id', 'service', 'project', 'resource_id'])
        .doUpdateSet({ account_id, ...rest }),
    )
    .execute();
}

/** The resource is gone. */
export async function forgetDeployment(
  transaction: Transaction,
  accountId: string,
  certificateId: string,
  place: Place,
): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_deployments')
    .where('account_id', '=', accountId)
    .where('certificate_id', '=', certificateId)
    .where('service', '=', place.service)
    .where('project', '=', place.project)
    .where('resource_id', '=', place.resourceId)
    .execute();
}

/** For the certificate's own end; what was deployed keeps working. */
export async function forgetDeployments(
  transaction: Transaction,
  accountId: string,
  certificateId: string,
): Promise<void> {
  await tables(transaction)
    .deleteFrom('ssl_deployments')
    .where('account_id', '=', accountId)
    .where('certificate_id', '=', certificateId)
    .execute();
}
