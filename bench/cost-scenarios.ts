import { type ApiClient, clientWith, signIn } from '../test/support/api-client.ts';
import { type DescribedOperation, describedOperations } from '../test/support/described-operations.ts';
import { type MeasuredServer, startMeasuredServer } from '../test/support/measured-server.ts';
import { createCa, pendingCaBody, rootCaBody } from '../test/support/private-ca-requests.ts';
import { worstBodies } from '../test/support/worst-bodies.ts';
import type { Report } from './report.ts';

const defaultLimitBytes = 65_536;
const shown = 12;

interface Cost {
  readonly operation: string;
  readonly body: string;
  readonly bytes: number;
  readonly status: number;
  readonly milliseconds: number;
}

/** What the worst bodies of each operation take of the event loop: the most expensive ones, of strangers and of tenants. */
export async function benchCost(report: Report): Promise<void> {
  const server = await startMeasuredServer({ OPENCCM_RATE_LIMIT_STRANGERS: '0', OPENCCM_RSA_POOL_SIZE: '0' });
  try {
    const tenant = await signIn(server);
    const stranger = await clientWith(server, undefined);
    const operations = await describedOperations(tenant, await namedThings(server, tenant));
    for (const [who, api, tried] of [
      ['stranger', stranger, operations.filter(({ isOpen }) => isOpen)],
      ['tenant', tenant, operations.filter(({ isOpen }) => !isOpen)],
    ] as const) {
      const costs: Cost[] = [];
      for (const operation of tried) costs.push(...(await costsOf(server, api, operation)));
      costs.sort((a, b) => b.milliseconds - a.milliseconds);
      for (const { operation, body, bytes, status, milliseconds } of costs.slice(0, shown))
        report.fact(`${who}: ${operation}, ${body}, ${bytes} bytes, ${status} (ms)`, milliseconds.toFixed(1));
      report.fact(`${who}: bodies tried`, costs.length);
    }
    tenant.close();
    stranger.close();
  } finally {
    await server.stop();
  }
}

/** Things that operations find, so that they do not end before they looked at the body. */
async function namedThings(server: MeasuredServer, api: ApiClient): Promise<Record<string, string>> {
  await createCa(api, rootCaBody('Cost root'));
  const pending = await createCa(api, pendingCaBody('Cost pending'));
  return { project_id: server.bootstrap.project_id, ca_id: pending, domain_id: server.bootstrap.account_id };
}

async function costsOf(
  server: MeasuredServer,
  api: ApiClient,
  { operationId, method, path, bodySchema, bodyLimitBytes }: DescribedOperation,
): Promise<Cost[]> {
  const costs: Cost[] = [];
  const bodies =
    method === 'GET'
      ? new Map([['no body', '']])
      : worstBodies(bodySchema, bodyLimitBytes ?? defaultLimitBytes);
  for (const [body, sent] of bodies) {
    let status = 0;
    const milliseconds = await server.cost(async () => {
      ({ status } = await api.send(method, path, sent === '' ? undefined : sent));
    });
    costs.push({ operation: operationId, body, bytes: Buffer.byteLength(sent), status, milliseconds });
  }
  return costs;
}
