import type { Actor } from '../../iam/actor.ts';
import { requireRoom } from '../../iam/index.ts';
import type { UnsavedKey } from '../../kms/key-store.ts';
import { attributesOfName, publicKeyOfPkcs8, samePublicKey } from '../../pki/index.ts';
import { readPrivateKey } from '../certificates/private-key-text.ts';
import { scmError } from '../errors.ts';
import { csrLimit } from '../limits.ts';
import { accessRequest, permissions } from '../permissions.ts';
import { keyOwner, type ProvenRequest, readRequest } from './certification-request.ts';
import type { CsrPorts } from './csr-ports.ts';
import type { UploadCsrBody } from './csr-schemas.ts';
import { insertCsr, type StoredCsr } from './csr-store.ts';

/** A CSR that was made elsewhere, with its key if that is sent. Throws AccessDenied, SCM.0005 (private_key), SCM.0033, SCM.0034. */
export async function uploadCsr(ports: CsrPorts, actor: Actor, body: UploadCsrBody): Promise<StoredCsr> {
  await ports.identity.authorize(actor, accessRequest('uploadCsr'));
  const request = await readRequest(body.csr);
  const key = body.private_key ? await takeKey(ports, actor, body.private_key, request) : undefined;
  const csr: StoredCsr = {
    csr_id: ports.random.hexId(),
    account_id: actor.accountId,
    name: body.name,
    ...described(request),
    key_id: key?.keyId ?? null,
    created_at: ports.clock.nowMs(),
    updated_at: null,
  };
  await ports.database.transaction(async (transaction) => {
    if (key) await ports.keyStore.save(transaction, key);
    await requireRoom(transaction, actor.accountId, csrLimit);
    await insertCsr(transaction, csr);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.uploadCsr.action,
      resourceType: 'csr',
      resourceId: csr.csr_id,
      resourceName: csr.name,
      result: 'success',
      detail: key ? 'with its private key' : 'without private key',
    });
  });
  return csr;
}

/** What the columns say of a request that the service did not make. */
function described({ csr, keyAlgorithm, names }: ProvenRequest) {
  const subject = attributesOfName(csr.subject);
  const [primary, ...others] = names;
  return {
    domain_name: primary!.name,
    sans: others.length === 0 ? null : others.map(({ name }) => name).join(';'),
    private_key_algo: keyAlgorithm,
    usage: subject.organization ? 'ENTERPRISE' : 'PERSONAL',
    company_country: subject.country ?? null,
    company_province: subject.state ?? null,
    company_city: subject.locality ?? null,
    company_name: subject.organization ?? null,
    csr_der: csr.der,
  };
}

async function takeKey(
  { keyStore }: CsrPorts,
  actor: Actor,
  pem: string,
  { csr }: ProvenRequest,
): Promise<UnsavedKey> {
  const pkcs8 = readPrivateKey(pem, 'private_key', 'SCM.0005');
  try {
    if (!samePublicKey(publicKeyOfPkcs8(pkcs8), csr.spki))
      throw scmError('SCM.0005', 'private_key does not belong to the CSR.');
    return await keyStore.importPrivateKey(keyOwner(actor.accountId), pkcs8);
  } finally {
    pkcs8.fill(0);
  }
}
