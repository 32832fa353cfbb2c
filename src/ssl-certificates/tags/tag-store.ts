import type { Reader } from '../../platform/db/index.ts';
import type { SslCertificateTables } from '../tables.ts';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

/** In the order of the keys. */
export async function tagsOf(reader: Reader, certificateId: string): Promise<Tag[]> {
  return reader
    .tables<SslCertificateTables>()
    .selectFrom('ssl_certificate_tags')
    .select(['key', 'value'])
    .where('certificate_id', '=', certificateId)
    .orderBy('key')
    .execute();
}
