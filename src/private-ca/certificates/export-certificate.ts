import { zipSync } from 'fflate';
import type { Actor } from '../../iam/actor.ts';
import { findAuthorityOfAnyAccount } from '../authorities/authority-store.ts';
import { chainFrom } from '../chain.ts';
import { pcaError } from '../errors.ts';
import { permissions } from '../permissions.ts';
import type { PrivateCaPorts } from '../ports.ts';
import { type PrivateCertificate, requireAllowed } from './certificate.ts';
import type { ExportCertificateBody } from './certificate-schemas.ts';
import { type ExportItem, exportItems } from './export-matrix.ts';
import { type ExportRequest, exportRequest } from './export-request.ts';
import { type ExportSource, exportedContent } from './exported-contents.ts';
import { getAuthorizedCertificate } from './get-certificate.ts';
import { zipName } from './zip-name.ts';

export type ExportedCertificate =
  | { readonly form: 'fields'; readonly fields: Record<string, string> }
  | { readonly form: 'zip'; readonly fileName: string; readonly bytes: Uint8Array };

/**
 * A certificate with its chain, and with its private key where it is kept here, in the form that a kind of server wants.
 * Throws AccessDenied, PCA.00030102, PCA.00030201 unless it is ISSUED, and PCA.00020001 for a case that is not defined.
 */
export async function exportCertificate(
  ports: PrivateCaPorts,
  actor: Actor,
  certificateId: string,
  body: ExportCertificateBody,
): Promise<ExportedCertificate> {
  const request = exportRequest(body);
  const certificate = await getAuthorizedCertificate(ports, actor, 'exportCertificate', certificateId);
  requireAllowed('export', certificate, ports.clock.nowMs());
  const items = definedItems(request, certificate);
  // The issuer may have been another account's, and may be shared no more: its certificates are no secret.
  const issuer = await findAuthorityOfAnyAccount(ports.database, certificate.issuer_id);
  const chain = issuer ? await chainFrom(ports.database, issuer.account_id, issuer.ca_id) : [];
  const source = {
    certificate,
    issuer,
    chain,
    password: request.password,
    keystorePassword: passwordOf(ports, request),
  };
  const exported = request.compressed
    ? await zipped(ports, { ...source, newline: '\n' }, items, zipName(certificate.common_name, request.type))
    : await asFields(ports, { ...source, newline: '\r\n' }, items);
  // A key that leaves leaves a trace, durable before it is gone.
  await ports.database.transaction((transaction) =>
    ports.identity.recordAudit(transaction, actor, {
      action: permissions.exportCertificate.action,
      resourceType: 'certificate',
      resourceId: certificate.certificate_id,
      resourceName: certificate.common_name,
      result: 'success',
      detail: `${request.type}: ${items.map(([name]) => name).join(', ')}`,
    }),
  );
  return exported;
}

function definedItems(request: ExportRequest, certificate: PrivateCertificate): readonly ExportItem[] {
  const items = exportItems({
    ...request,
    algorithm: certificate.key_algorithm === 'SM2' ? 'SM' : 'international',
    keyOrigin: certificate.gen_mode,
    hasPassword: request.password !== undefined,
  });
  if (items !== undefined) return items;
  const remedy =
    certificate.key_algorithm === 'SM2'
      ? 'an SM2 certificate is exported with type OTHER'
      : 'export it with is_compressed true';
  throw pcaError('PCA.00020001', `type ${request.type} is not defined for this certificate: ${remedy}.`);
}

/** 96 random bits; Base64url has only characters that the API's own passwords may have. */
function passwordOf({ random }: Pick<PrivateCaPorts, 'random'>, request: ExportRequest): string {
  return request.password ?? Buffer.from(random.bytes(12)).toString('base64url');
}

function contentOf(ports: PrivateCaPorts, source: ExportSource, [, content]: ExportItem) {
  return exportedContent(ports, source, content);
}

async function asFields(
  ports: PrivateCaPorts,
  source: ExportSource,
  items: readonly ExportItem[],
): Promise<ExportedCertificate> {
  const fields: Record<string, string> = {};
  for (const item of items) fields[item[0]] = String(await contentOf(ports, source, item));
  return { form: 'fields', fields };
}

// MS-DOS times, all that a ZIP has, end with the year 2107; fflate takes none after 2099.
const latestZipTimeMs = Date.UTC(2099, 0, 1);

async function zipped(
  ports: PrivateCaPorts,
  source: ExportSource,
  items: readonly ExportItem[],
  fileName: string,
): Promise<ExportedCertificate> {
  const files: Record<string, Uint8Array> = {};
  for (const item of items) {
    const content = await contentOf(ports, source, item);
    files[item[0]] = typeof content === 'string' ? Buffer.from(content) : content;
  }
  const bytes = zipSync(files, { mtime: Math.min(ports.clock.nowMs(), latestZipTimeMs) });
  for (const file of Object.values(files)) file.fill(0);
  return { form: 'zip', fileName, bytes };
}
