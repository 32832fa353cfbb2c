import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBoundName, separatedNames } from './bound-name.ts';

const nameOf = (given: string) => {
  const read = readBoundName(given);
  return 'name' in read ? `${read.kind} ${read.name}` : 'problem';
};

test('names are A-labels in lower case, without the dot of the root', () => {
  for (const [given, read] of [
    ['WWW.Example.COM.', 'domain www.example.com'],
    ['*.Example.com', 'wildcard *.example.com'],
    ['bücher.example', 'domain xn--bcher-kva.example'],
    ['faß.example', 'domain xn--fa-hia.example'],
    ['*.例子。测试', 'wildcard *.xn--fsqu00a.xn--0zwm56d'],
    ['XN--BCHER-KVA.example', 'domain xn--bcher-kva.example'],
    ['1.example.com', 'domain 1.example.com'],
  ] as const)
    assert.equal(nameOf(given), read);
});

test('addresses are in the form of RFC 5952', () => {
  assert.equal(nameOf('192.0.2.1'), 'address 192.0.2.1');
  assert.equal(nameOf('2001:DB8:0:0::1'), 'address 2001:db8::1');
});

test('other text is no name', () => {
  for (const given of [
    '',
    '.',
    'com',
    'localhost',
    '*.com',
    '*',
    '*.*.example.com',
    'a*.example.com',
    '＊.example.com',
    '192.0.2',
    '192.0.2.01',
    '１９２.0.2.1',
    'example.com/',
    'bücher.example/x.example.com',
    'bücher.example?.example.com',
    'bücher.example\\.example.com',
    'bücher%2eexample.com',
    'bü cher.example.com',
    'a.example.0x7f',
    'example.com:443',
    'user@example.com',
    'ex ample.com',
    'example..com',
    '-a.example.com',
    'a-.example.com',
    'a_b.example.com',
    'xn--a.example.com',
    'ab--c.example.com',
    `${'a'.repeat(64)}.com`,
    `${'abcdefg.'.repeat(32)}com`,
    'exam\0ple.com',
    '%65xample.com',
  ])
    assert.equal(nameOf(given), 'problem', given);
});

test('a name that was read reads as itself', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.Example`);
  fc.assert(
    fc.property(
      fc.oneof(host, fc.domain(), fc.ipV4(), fc.ipV6(), fc.string({ unit: 'grapheme' })),
      (given) => {
        const read = readBoundName(given);
        if (!('name' in read)) return;
        assert.match(read.name, /^[a-z0-9.:*-]+$/);
        assert.deepEqual(readBoundName(read.name), read);
      },
    ),
  );
});

test('lists have no empty parts', () => {
  assert.deepEqual(separatedNames(' a.com;;b.com ;'), ['a.com', 'b.com']);
  assert.deepEqual(separatedNames(''), []);
});
