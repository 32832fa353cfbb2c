import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../../test/support/free-port.ts';
import { HaproxyRuntimeApi } from './haproxy-runtime-api.ts';
import { targetPorts, temporaryFolder } from './targets.fixture.ts';

test('who deploys is not told where the socket is that cannot be asked', async () => {
  const folder = await temporaryFolder();
  const { outbound } = targetPorts(folder);
  const api = (socket: string) => new HaproxyRuntimeApi(outbound, socket, 1_000);
  await assert.rejects(api(join(folder, 'admin.sock')).find('a.pem'), {
    message: 'HAProxy: it could not be asked (ENOENT)',
  });
  await assert.rejects(api(`127.0.0.1:${await freePort()}`).find('a.pem'), {
    message: 'HAProxy: it could not be asked (ECONNREFUSED)',
  });
});
