import type { Actor } from '../../iam/actor.ts';
import { loadCertificate } from '../certificates/load-certificate.ts';
import { accessRequest } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { listPairs, type Tag, tagsOf } from './tag-store.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'identity'>;

/** The tags of one certificate, by key. Throws AccessDenied, SCM.0094. */
export async function listTags(ports: Ports, actor: Actor, certificateId: string): Promise<Tag[]> {
  await loadCertificate(ports, actor, 'listTags', certificateId);
  return tagsOf(ports.database, certificateId);
}

export interface TagValues {
  readonly key: string;
  readonly values: string[];
}

/** Each key in use in the account, with its values; refused where a policy denies it for some enterprise project. Throws AccessDenied. */
export async function listAllTags(ports: Ports, actor: Actor): Promise<TagValues[]> {
  await ports.identity.authorize(actor, accessRequest('listAllTags', { forAnyProject: true }));
  const byKey = new Map<string, string[]>();
  for (const { key, value } of await listPairs(ports.database, actor.accountId)) {
    const values = byKey.get(key);
    if (values) values.push(value);
    else byKey.set(key, [value]);
  }
  return [...byKey].map(([key, values]) => ({ key, values }));
}
