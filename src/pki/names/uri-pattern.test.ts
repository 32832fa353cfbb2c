import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitsHostPattern, fitsMailboxPattern, fitsPattern } from './host-pattern.ts';
import { parseUri } from './uri.ts';
import { compileUriPattern } from './uri-pattern.ts';

function fits(uri: string, pattern: string): boolean {
  const compiled = compileUriPattern(pattern);
  assert.ok(compiled, pattern);
  return compiled(uri);
}

test('an asterisk stands for any characters, letter case does not count', () => {
  const cases: [string, string, boolean][] = [
    ['a.example.com', 'a.example.com', true],
    ['A.Example.com', 'a.exAmple.com', true],
    ['b.a.example.com', '*.example.com', true],
    ['*.example.com', '*.example.com', true],
    ['example.com', '*.example.com', false],
    ['a.example.com.evil.test', '*.example.com', false],
    ['host-1.internal', 'host-*.internal', true],
    ['host-.internal', 'host-*.internal', true],
    ['host.internal', 'host-*.internal', false],
    ['abab', 'ab*ab*', true],
    ['aba', 'ab*ba', false],
    ['anything', '*', true],
    ['', '*', true],
    ['aXbXc', 'a*b*c', true],
    ['abc', 'a*c*c', false],
    ['.+', '.+', true],
    ['aa', '.+', false],
  ];
  for (const [text, pattern, fitting] of cases)
    assert.equal(fitsPattern(text, pattern), fitting, `${text} ${pattern}`);
});

test('it agrees with the regular expression of the pattern', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
  const patterns = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 8 });
  fc.assert(
    fc.property(letters, patterns, (text, pattern) => {
      const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`, 'i');
      assert.equal(fitsPattern(text, pattern), expression.test(text));
      // Label by label is never more than as text, where the dot of the root is left out of both.
      const rooted = new RegExp(expression.source.replace(/\\\.\$$/, '$'), 'i');
      if (fitsHostPattern(text, pattern)) assert.ok(rooted.test(text.replace(/\.$/, '')));
    }),
  );
});

test('hosts are compared label by label', () => {
  const cases: [string, string, boolean][] = [
    ['a.good.com', '*.good.com', true],
    ['b.a.GOOD.com.', '*.good.com', true],
    ['*.good.com', '*.good.com', true],
    ['good.com', '*.good.com', false],
    ['evilgood.com', '*.good.com', false],
    ['host-1.internal', 'host-*.internal', true],
    ['host-1.evil.internal', 'host-*.internal', false],
    ['*.internal', 'host-*.internal', false],
    ['*.internal', '*-1.internal', false],
    ['a.x.com', 'a.*.com', true],
    ['a.x.y.com', 'a.*.com', false],
    ['..good.com', '*.good.com', false],
    ['a..good.com', '*.good.com', false],
  ];
  for (const [name, pattern, fitting] of cases)
    assert.equal(fitsHostPattern(name, pattern), fitting, `${name} ${pattern}`);
});

test('mailboxes are compared on both sides of their one @', () => {
  assert.ok(fitsMailboxPattern('a@good.com', '*@good.com'));
  assert.ok(fitsMailboxPattern('Dev-1@x.good.com', 'dev-*@*.good.com'));
  for (const [mailbox, pattern] of [
    ['a@evil.com', '*@good.com'],
    ['a@x.good.com', '*@good.com'],
    ['a@evilgood.com', '*@*good.com.x'],
    ['a@evil.com@good.com', '*@good.com'],
    ['a@good.com', '*good.com'],
    ['good.com', '*good.com'],
  ] as const)
    assert.ok(!fitsMailboxPattern(mailbox, pattern), `${mailbox} ${pattern}`);
});

test('a URI fits by its scheme, host, port and path', () => {
  const pattern = 'https://*.good.com/*';
  for (const uri of [
    'https://a.good.com/',
    'https://a.good.com',
    'HTTPS://A.good.com:443/x/y',
    'https://b.a.good.com./x',
  ])
    assert.ok(fits(uri, pattern), uri);
  for (const uri of [
    'https://evil.com/x.good.com/',
    'https://evil.com#a.good.com/',
    'https://evil.com?a.good.com/',
    'https://evil.com/.good.com/x',
    'https://a.good.com@evil.com/',
    'https://evil.com@a.good.com/',
    'https://evil.com:80@a.good.com/',
    'https://evil.com\\.good.com/',
    'https://a.good.com\\@evil.com/',
    'https://evil.com%2f.good.com/',
    'https://a%2egood.com/',
    'https:evil.com/x.good.com/',
    'https:/evil.com/x.good.com/',
    'https:///evil.com/x.good.com/',
    'https://a.good.com.evil.com/',
    'https://a.good.com:8443/',
    'http://a.good.com/',
    'https://good.com/',
    'https://a.good.com/?q',
    'https://a.good.com/#f',
    'https://a.good.com/../x',
    'https://a.good.com/%2e%2E/x',
    'https://a.good.com /',
    'https://a.good.com\t/',
    ' https://a.good.com/',
    'https://[::1].good.com/',
    '//a.good.com/',
    'a.good.com',
  ])
    assert.ok(!fits(uri, pattern), uri);
});

test('paths by segments, with letter case; ports as said; other schemes without a host', () => {
  assert.ok(fits('https://h.com/a/x/c', 'https://h.com/a/*/c'));
  assert.ok(!fits('https://h.com/a/x/y/c', 'https://h.com/a/*/c'));
  assert.ok(fits('https://h.com/v1-x/d/e', 'https://h.com/v*/*'));
  assert.ok(!fits('https://h.com/A', 'https://h.com/a'));
  assert.ok(!fits('https://h.com/a/b', 'https://h.com/a'));
  assert.ok(fits('https://h.com/%61', 'https://h.com/a'));
  assert.ok(!fits('https://h.com/a%2Fb', 'https://h.com/a/b'));
  assert.ok(fits('https://h.com:8443/', 'https://h.com:8443'));
  assert.ok(fits('https://h.com:8443/', 'https://h.com:*/'));
  assert.ok(fits('spiffe://example.com/ns/a', 'spiffe://example.com/*'));
  assert.ok(!fits('spiffe://example.com', 'spiffe://example.com/*'));
  assert.ok(fits('https://10.0.0.1/', 'https://10.0.0.1/'));
  assert.ok(!fits('https://0x0a000001/', 'https://*/'));
  assert.ok(fits('urn:device:a:b', 'urn:device:*'));
  assert.ok(fits('urn:device:7:b', 'urn:device:*:b'));
  assert.ok(!fits('urn:other:device:7', 'urn:device:*'));
  assert.ok(fits('mailto:a@good.com', 'mailto:a@good.com'));
  assert.ok(!fits('mailto:x@evil.com,a@good.com', 'mailto:*@good.com'));
  for (const malformed of [
    '',
    'https://',
    'https:x',
    '*.good.com',
    'https://a b/',
    'https://a/?q',
    'https://u@h/',
  ])
    assert.equal(compileUriPattern(malformed), undefined, malformed);
});

const pieces = fc.constantFrom(
  ...[
    'https:',
    'http:',
    '//',
    '/',
    '\\',
    '@',
    ':',
    '#',
    '?',
    '.',
    '..',
    '%2e',
    '%2f',
    '%40',
    '%5c',
    ' ',
    '\t',
  ],
  ...['good.com', 'a.good.com', '.good.com', 'evil.com', 'a', '443', '8443', '0x7f', '127.0.0.1', '[::1]'],
  ...['xn--a', 'ß', '。', '*', ';', '&', '=', '+', '~', '_', '-'],
);
const anyUri = fc.oneof(
  fc.array(pieces, { maxLength: 10 }).map((parts) => `https://${parts.join('')}`),
  fc.array(pieces, { maxLength: 10 }).map((parts) => `https:${parts.join('')}`),
  fc.array(pieces, { maxLength: 10 }).map((parts) => `https://a.good.com${parts.join('')}`),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
);

test('what fits is what browsers go to', () => {
  let fitting = 0;
  fc.assert(
    fc.property(anyUri, (uri) => {
      if (!fits(uri, 'https://*.good.com/*')) return;
      fitting++;
      const url = URL.canParse(uri) ? new URL(uri) : undefined;
      // Browsers know fewer hosts: those without one go nowhere.
      if (url === undefined) return;
      assert.equal(url.protocol, 'https:');
      assert.match(url.hostname, /.\.good\.com\.?$/);
      assert.deepEqual([url.username, url.password, url.port, url.search, url.hash], ['', '', '', '', '']);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(fitting > 100, `only ${fitting} of the random URIs fit`);
});

test('where a URI has parts, browsers see the same', () => {
  fc.assert(
    fc.property(anyUri, (text) => {
      const uri = parseUri(text);
      const url = URL.canParse(text) ? new URL(text) : undefined;
      if (uri?.authority === undefined || url === undefined) return;
      assert.equal(uri.authority.host, url.hostname.replace(/\.$/, ''));
      assert.equal(uri.authority.port?.toString() ?? '', url.port);
    }),
    { numRuns: 10_000 },
  );
});
