import type { Dependent } from '../iam/index.ts';
import type { Reader } from '../platform/db/index.ts';
import type { PrivateCaTables } from './tables.ts';

/** The service that CRLs are published as; see the agency of `revocation`. */
const publisher = 'op_svc_pca';

/** CAs that publish CRLs need their bucket, and the agency through which the service writes into it. */
export const crlUsers: readonly Dependent[] = [
  {
    of: 'bucket',
    what: 'CAs that publish their CRLs there',
    count: (reader, accountId, bucket) => countPublishing(reader, accountId, bucket),
  },
  {
    of: 'service-agency',
    what: 'CAs that publish their CRLs through it',
    count: async (reader, accountId, service) =>
      service === publisher ? countPublishing(reader, accountId) : 0,
  },
];

async function countPublishing(reader: Reader, accountId: string, bucket?: string): Promise<number> {
  const { total } = await reader
    .tables<PrivateCaTables>()
    .selectFrom('certificate_authorities')
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .where('account_id', '=', accountId)
    .where('crl_enabled', '=', 1)
    .where('status', '!=', 'PURGED')
    .$if(bucket !== undefined, (query) => query.where('crl_bucket', '=', bucket!))
    .executeTakeFirstOrThrow();
  return total;
}
