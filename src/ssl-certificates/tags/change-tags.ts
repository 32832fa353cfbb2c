import type { Actor } from '../../iam/actor.ts';
import type { Transaction } from '../../platform/db/index.ts';
import { holdCertificate } from '../certificates/certificate-store.ts';
import { certificateNotFound, loadCertificate } from '../certificates/load-certificate.ts';
import { scmError } from '../errors.ts';
import { permissions } from '../permissions.ts';
import type { SslCertificatesPorts } from '../ports.ts';
import { mostTags } from './tag.ts';
import { countTags, deleteTags as deleteRows, insertTags, type Tag } from './tag-store.ts';

type Ports = Pick<SslCertificatesPorts, 'database' | 'identity'>;

/** Adds tags, or changes the values of those that are there. Throws AccessDenied, SCM.0094, SCM.0302 if there would be more than 20. */
export async function createTags(
  ports: Ports,
  actor: Actor,
  certificateId: string,
  tags: readonly Tag[],
): Promise<void> {
  await changeTags(ports, actor, certificateId, tags, async (transaction) => {
    await insertTags(transaction, { certificateId, accountId: actor.accountId }, tags);
    if ((await countTags(transaction, certificateId)) > mostTags)
      throw scmError(
        'SCM.0302',
        `The certificate would have more than ${mostTags} tags; delete others first.`,
      );
  });
}

/** Deletes the tags that have key and value as they are sent; a tag that is not there is gone already. Throws as `createTags`. */
export async function deleteTags(
  ports: Ports,
  actor: Actor,
  certificateId: string,
  tags: readonly Tag[],
): Promise<void> {
  await changeTags(ports, actor, certificateId, tags, (transaction) =>
    deleteRows(transaction, certificateId, tags),
  );
}

async function changeTags(
  ports: Ports,
  actor: Actor,
  certificateId: string,
  tags: readonly Tag[],
  write: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  const requestedTags = tags.map(({ key, value }) => ({ key, values: [value] }));
  const certificate = await loadCertificate(ports, actor, 'changeTags', certificateId, { requestedTags });
  await ports.database.transaction(async (transaction) => {
    // Held, so that it is not deleted meanwhile and its tags are counted right.
    if (!(await holdCertificate(transaction, actor.accountId, certificateId)))
      throw certificateNotFound(certificateId);
    await write(transaction);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.changeTags.action,
      resourceType: 'cert',
      resourceId: certificateId,
      resourceName: certificate.name,
      result: 'success',
      detail: `tags ${tags.map(({ key }) => key).join(', ')}`,
    });
  });
}
