import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLog } from '../log.ts';
import { systemRandom } from '../random.ts';
import { createHttpApp, describeApi } from './index.ts';

describe('the documentation', () => {
  test('is shown as a page that needs no other site', async () => {
    const app = createHttpApp({ random: systemRandom, log: silentLog });
    await describeApi(app, '1.2.3');
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    try {
      const answer = await fetch(`${address}/docs/`);
      const policy = answer.headers.get('content-security-policy') ?? '';
      assert.match(policy, /default-src 'none'.*script-src 'self'/);
      // Sources are keywords and data: only, so no other host.
      assert.doesNotMatch(policy, /https?:|\*|\w\.\w/);
      assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
      const page = await answer.text();
      assert.match(page, /swagger-ui/);
      assert.doesNotMatch(page, /(src|href)="https?:/);
      const script = await fetch(`${address}/docs/static/swagger-ui-bundle.js`);
      assert.equal(script.status, 200);
      await script.arrayBuffer();
      const description = await (await fetch(`${address}/openapi.json`)).text();
      assert.equal(await (await fetch(`${address}/docs/json`)).text(), description);
      // It would be composed for each request.
      assert.equal((await fetch(`${address}/docs/yaml`)).status, 404);
    } finally {
      await app.close();
    }
  });
});
