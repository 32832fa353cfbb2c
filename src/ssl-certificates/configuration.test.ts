import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { StartRefused } from '../platform/start-refused.ts';
import { readSslConfiguration } from './configuration.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('every example of the file in the documents can be read', () => {
  const documents = globSync(['docs/operations/ssl-certificates.md', 'src/ssl-certificates/**/*.md'], {
    cwd: root,
  });
  const examples = documents.flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/^```json\n([\s\S]*?)^```$/gm)].map(
      ([, text = '']) => ({ file, text }),
    ),
  );
  assert.ok(examples.length >= 6);
  for (const { file, text } of examples) assert.ok(readSslConfiguration(text, file));
});

test('what is wrong in it is refused by the name of its place', () => {
  const refused = (text: string, message: RegExp) =>
    assert.throws(
      () => readSslConfiguration(text, '/etc/openccm/ssl.json'),
      (error) => error instanceof StartRefused && message.test(error.message),
    );
  refused('{', /^\/etc\/openccm\/ssl\.json is not JSON/);
  refused('[]', /ssl\.json: .*object/);
  refused('{"isuers": {}}', /ssl\.json: .*isuers|additional/i);
  refused('{"outbound": {"allow": "10.0.0.0/8"}}', /\/outbound\/allow .*array/);
});
