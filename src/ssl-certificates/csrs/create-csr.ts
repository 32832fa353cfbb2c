import type { Actor } from '../../iam/actor.ts';
import { requireRoom } from '../../iam/index.ts';
import { scmError } from '../errors.ts';
import { csrLimit } from '../limits.ts';
import { accessRequest, permissions } from '../permissions.ts';
import { type BoundName, readBoundNames, separatedNames } from './bound-name.ts';
import { generateRequest } from './certification-request.ts';
import type { CsrPorts } from './csr-ports.ts';
import type { CreateCsrBody } from './csr-schemas.ts';
import { insertCsr, type StoredCsr } from './csr-store.ts';
import { keyAlgorithmOf } from './key-algorithm.ts';

/** A CSR with a key of its own, which stays here. Throws AccessDenied, SCM.0005, SCM.0063 (a name twice), SCM.0108 (not a name). */
export async function createCsr(ports: CsrPorts, actor: Actor, body: CreateCsrBody): Promise<StoredCsr> {
  await ports.identity.authorize(actor, accessRequest('createCsr'));
  const names = requestedNames(body);
  const company = companyOf(body);
  const { key, csrDer } = await generateRequest(ports, actor.accountId, {
    names,
    keyAlgorithm: keyAlgorithmOf(body.private_key_algo),
    subject: {
      country: company.company_country?.toUpperCase(),
      province: company.company_province ?? undefined,
      city: company.company_city ?? undefined,
      organization: company.company_name ?? undefined,
    },
  });
  const csr: StoredCsr = {
    csr_id: ports.random.hexId(),
    account_id: actor.accountId,
    name: body.name,
    // As they were sent: clients compare what they read with what they asked for.
    domain_name: body.domain_name,
    sans: body.sans || null,
    private_key_algo: body.private_key_algo,
    usage: body.usage,
    ...company,
    csr_der: csrDer,
    key_id: key.keyId,
    created_at: ports.clock.nowMs(),
    updated_at: null,
  };
  await ports.database.transaction(async (transaction) => {
    await ports.keyStore.save(transaction, key);
    await requireRoom(transaction, actor.accountId, csrLimit);
    await insertCsr(transaction, csr);
    await ports.identity.recordAudit(transaction, actor, {
      action: permissions.createCsr.action,
      resourceType: 'csr',
      resourceId: csr.csr_id,
      resourceName: csr.name,
      result: 'success',
    });
  });
  return csr;
}

function requestedNames({ domain_name: domainName, sans = '' }: CreateCsrBody): BoundName[] {
  return readBoundNames([
    ['domain_name', domainName],
    // The vendor's page names no separator; its console takes both.
    ...separatedNames(sans, /[;,]/).map((name) => ['sans', name] as const),
  ]);
}

const companyFields = ['company_country', 'company_province', 'company_city', 'company_name'] as const;

function companyOf(body: CreateCsrBody): Record<(typeof companyFields)[number], string | null> {
  const missing = companyFields.find((field) => !body[field]);
  if (body.usage === 'ENTERPRISE' && missing !== undefined)
    throw scmError('SCM.0005', `${missing} is mandatory when usage is ENTERPRISE.`);
  if (body.company_country && !/^[A-Za-z]{2}$/.test(body.company_country))
    throw scmError('SCM.0005', 'company_country must be the two letters of a country, such as CN.');
  return {
    company_country: body.company_country || null,
    company_province: body.company_province || null,
    company_city: body.company_city || null,
    company_name: body.company_name || null,
  };
}
