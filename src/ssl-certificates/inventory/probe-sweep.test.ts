import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { describeOnEachDatabase } from '../../../test/support/databases.ts';
import { waitFor } from '../../../test/support/wait-for.ts';
import { Progress } from '../../jobs/index.ts';
import { type Bench, benchMigrations, openBench } from '../ssl-certificates.fixture.ts';
import { type Endpoint, findEndpoint, insertEndpoint } from './endpoint-store.ts';
import { localOutbound, selfSigned, tcpServer, tlsServer } from './inventory.fixture.ts';
import { createProbeSweep } from './probe-sweep.ts';

const silentEndpoints = 20;

/** Takes connections and says nothing, until it ends them all. */
async function silentServer() {
  const sockets: Socket[] = [];
  let isSilent = true;
  const { port } = await tcpServer((socket) => {
    if (isSilent) sockets.push(socket);
    else socket.destroy();
  });
  const end = () => {
    isSilent = false;
    for (const socket of sockets) socket.destroy();
  };
  return { port, sockets, end };
}

describeOnEachDatabase('the sweep over watched endpoints', benchMigrations, (open) => {
  async function insert(bench: Bench, fields: Pick<Endpoint, 'endpoint_id' | 'account_id' | 'port'>) {
    const endpoint: Endpoint = {
      host: 'www.example.test',
      server_name: fields.endpoint_id,
      created_at: 0,
      probed_at: 0,
      last_failure: null,
      fingerprint: null,
      subject: null,
      not_after: null,
      certificate_der: null,
      verdict: null,
      notified: '[]',
      ...fields,
    };
    await bench.database.transaction((transaction) => insertEndpoint(transaction, endpoint));
  }

  test('looks at the endpoints of an account while those of another one are silent', async () => {
    const bench = await openBench(await open(), { outbound: localOutbound() });
    const silent = await silentServer();
    const serving = await tlsServer(await selfSigned('www.example.test', bench.clock.nowMs() + 1e9));
    for (let index = 0; index < silentEndpoints; index += 1)
      await insert(bench, { endpoint_id: `silent-${index}`, account_id: 'a', port: silent.port });
    await insert(bench, { endpoint_id: 'serving', account_id: 'b', port: serving.port });
    const job = { kind: '', key: '', dueMs: 0, accountId: '', attempt: 1 };
    const sweep = createProbeSweep(bench.ports)(job, new Progress());
    const isSeen = async () =>
      (await findEndpoint(bench.database, 'b', 'serving'))?.fingerprint ? true : undefined;
    await waitFor('the endpoint of the other account', isSeen);
    // None of the silent ones has ended, and only a few were begun.
    assert.equal(silent.sockets.filter(({ destroyed }) => !destroyed).length, 4);
    silent.end();
    await sweep;
    const last = await findEndpoint(bench.database, 'a', `silent-${silentEndpoints - 1}`);
    assert.match(last?.last_failure ?? '', /closed/);
  });
});
