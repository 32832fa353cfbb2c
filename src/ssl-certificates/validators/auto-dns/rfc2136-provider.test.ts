import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { freePort } from '../../../../test/support/free-port.ts';
import { FixedClock } from '../../../platform/clock.ts';
import { type Random, systemRandom } from '../../../platform/random.ts';
import { StartRefused } from '../../../platform/start-refused.ts';
import { DnsReader, encodeName, encodeText } from './dns-wire.ts';
import {
  accepted,
  badSignature,
  badTime,
  type RecordedUpdate,
  recordedIdOctet,
  recordedKey,
} from './recorded-update.fixture.ts';
import { createRfc2136Provider } from './rfc2136-provider.ts';
import { signMessage, verifyAnswer } from './tsig.ts';

const random: Random = { ...systemRandom, bytes: (length) => new Uint8Array(length).fill(recordedIdOctet) };
const tsig = {
  name: recordedKey.name,
  algorithm: recordedKey.algorithm,
  secret: Buffer.from(recordedKey.secret).toString('base64'),
};
/** Of the whole record, with this key's name. */
const signatureLength = 89;
const macOf = ({ request }: RecordedUpdate) => request.subarray(-38, -6);

describe('DNS UPDATE beside what BIND accepted and answered', () => {
  let server: Server;
  let address = '';
  let answers: (request: Buffer) => Buffer = () => accepted.answer;
  let requests: Buffer[] = [];
  before(async () => {
    server = createServer((socket) => {
      let received = Buffer.alloc(0);
      socket.on('error', () => {});
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE()) return;
        requests.push(received.subarray(2));
        const answer = answers(received.subarray(2));
        const length = Buffer.alloc(2);
        length.writeUInt16BE(answer.length);
        // In two pieces: TCP may cut anywhere.
        socket.write(length.subarray(0, 1));
        setImmediate(() => socket.end(Buffer.concat([length.subarray(1), answer])));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    requests = [];
  });

  function provider(nowMs: number, settings = {}) {
    return createRfc2136Provider(
      'example.test',
      { kind: 'rfc2136', zones: ['example.test'], server: address, tsig, ...settings },
      { clock: new FixedClock(nowMs), random },
    );
  }

  async function addAgainst(recorded: RecordedUpdate): Promise<void> {
    answers = () => recorded.answer;
    await provider(recorded.nowMs).add('_dnsauth.Example.test.', 'value');
  }

  it('sends the same octets and takes the answer', async () => {
    await addAgainst(accepted);
    assert.deepEqual(requests, [accepted.request]);
  });

  it('tells why BIND refused', async () => {
    await assert.rejects(addAgainst(badSignature), /refuses the key ccm\.example\.test: BADSIG/);
    await assert.rejects(addAgainst(badTime), /BADTIME/);
    assert.deepEqual(requests, [accepted.request, badTime.request]);
  });

  it('believes no success that is not signed, of now and to this request', async () => {
    const unsigned = Buffer.from(accepted.answer.subarray(0, -signatureLength));
    unsigned.writeUInt16BE(0, 10);
    const otherId = Buffer.from(accepted.answer);
    otherId.writeUInt16BE(1, 0);
    const query = Buffer.from(accepted.answer);
    query.writeUInt16BE(0x2800, 2);
    for (const [answer, reason] of [
      [unsigned, /is not signed/],
      [otherId, /not to what it was asked/],
      [query, /not to what it was asked/],
      [Buffer.alloc(0), /too short/],
      [Buffer.alloc(5), /too short/],
      [accepted.answer.subarray(0, -1), /ends too early/],
      [Buffer.concat([accepted.answer, Buffer.of(0)]), /something follows/],
    ] as const) {
      answers = () => answer;
      await assert.rejects(provider(accepted.nowMs).add('_dnsauth.example.test', 'value'), reason);
    }
    answers = () => accepted.answer;
    const other = provider(accepted.nowMs, {
      tsig: { ...tsig, secret: Buffer.alloc(32, 8).toString('base64') },
    });
    await assert.rejects(other.add('_dnsauth.example.test', 'value'), /signature .* is wrong/);
  });

  it('tells the code of a refusal, signed or not', async () => {
    for (const [code, text] of [
      [5, /REFUSED/],
      [7, /CNAME/],
      [10, /NOTZONE/],
      [11, /error 11/],
    ] as const) {
      answers = () => {
        const answer = Buffer.from(accepted.answer);
        answer.writeUInt8(code, 3);
        return answer;
      };
      await assert.rejects(provider(accepted.nowMs).remove('_dnsauth.example.test', 'value'), text);
    }
  });

  it('removes by class NONE, without a condition', async () => {
    await provider(accepted.nowMs)
      .remove('_dnsauth.example.test', 'value')
      .catch(() => {});
    const record = Buffer.concat([
      encodeName('_dnsauth.example.test'),
      Buffer.from('001000fe000000000006', 'hex'),
      encodeText('value'),
    ]);
    const [request = Buffer.alloc(0)] = requests;
    assert.ok(request.includes(record));
    assert.deepEqual(request.subarray(4, 12), Buffer.from('0001000000010001', 'hex'));
  });

  it('fails where nobody answers or half an answer comes', async () => {
    const closed = provider(accepted.nowMs, { server: `127.0.0.1:${await freePort()}` });
    await assert.rejects(closed.add('_dnsauth.example.test', 'value'), {
      message: 'the name server cannot be asked',
    });
    const cut = createServer((socket) => socket.resume().end(Buffer.from([0, 9, 1])));
    await new Promise<void>((resolve) => cut.listen(0, '127.0.0.1', resolve));
    const half = provider(accepted.nowMs, { server: `127.0.0.1:${(cut.address() as AddressInfo).port}` });
    await assert.rejects(half.add('_dnsauth.example.test', 'value'), /did not answer|cannot be asked/);
    await new Promise((resolve) => cut.close(resolve));
  });

  it('stops the start where the secret is not base64 or a name is none', () => {
    for (const secret of ['', 'not base64!', 'YQ', ' '])
      assert.throws(() => provider(0, { tsig: { ...tsig, secret } }), StartRefused, secret);
    assert.throws(() => provider(0, { tsig: { ...tsig, name: 'a..b' } }), StartRefused);
  });
});

describe('signatures of DNS messages', () => {
  const verify = (answer: Buffer, nowMs = accepted.nowMs, key = recordedKey) =>
    verifyAnswer(answer, macOf(accepted), key, nowMs);

  it('are those of BIND', () => {
    const { request, nowMs } = accepted;
    const unsigned = Buffer.from(request.subarray(0, -signatureLength));
    unsigned.writeUInt16BE(0, 10);
    const signed = signMessage(unsigned, recordedKey, nowMs);
    assert.deepEqual([signed.message, signed.mac], [request, macOf(accepted)]);
    verify(accepted.answer);
  });

  it('hold 300 seconds either way', () => {
    for (const seconds of [-300, 300]) verify(accepted.answer, accepted.nowMs + seconds * 1000);
    for (const seconds of [-301, 301])
      assert.throws(() => verify(accepted.answer, accepted.nowMs + seconds * 1000), /another time/);
  });

  it('are of one key, one algorithm and one request', () => {
    const { answer, nowMs } = accepted;
    assert.throws(() => verify(answer, nowMs, { ...recordedKey, name: 'ccm' }), /another key/);
    assert.throws(() => verify(answer, nowMs, { ...recordedKey, algorithm: 'hmac-sha512' }), /another key/);
    assert.throws(() => verifyAnswer(answer, Buffer.alloc(32), recordedKey, nowMs), /wrong/);
  });

  it('break with every bit that is changed', () => {
    // Not the id, which is compared by itself; not the bit of letters' case, which names do not have.
    const position = fc.integer({ min: 2, max: accepted.answer.length - 1 });
    fc.assert(
      fc.property(position, fc.constantFrom(1, 2, 4, 8, 16, 64, 128), (index, bit) => {
        const changed = Buffer.from(accepted.answer);
        changed[index]! ^= bit;
        assert.throws(() => verify(changed));
      }),
      { numRuns: 500 },
    );
  });

  it('are not looked for in what is no message, which fails and does not hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) =>
        assert.throws(() => verify(Buffer.from(bytes))),
      ),
    );
  });
});

describe('names and texts of DNS', () => {
  const label = fc.stringMatching(/^[a-z0-9_-]{1,63}$/);

  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
        const name = labels.join('.');
        const reader = new DnsReader(encodeName(`${name.toUpperCase()}.`));
        assert.equal(reader.name(), name);
      }),
    );
  });

  it('follow pointers backwards and refuse others', () => {
    const message = Buffer.concat([encodeName('example.test'), Buffer.from('0161c000', 'hex')]);
    assert.equal(new DnsReader(message, 14).name(), 'a.example.test');
    for (const text of ['c000', 'c005', '40', '0161c000'])
      assert.throws(
        () => new DnsReader(Buffer.from(text, 'hex')).name(),
        /points forwards|unknown kind/,
        text,
      );
  });

  it('refuse what is no name', () => {
    for (const name of [
      '',
      '.',
      'a..b',
      '-'.repeat(64),
      'a b',
      'a\\.b',
      'é',
      Array(70).fill('abcd').join('.'),
    ])
      assert.throws(() => encodeName(name), RangeError, name);
  });

  it('cut long texts into strings', () => {
    assert.deepEqual(encodeText(''), Buffer.of(0));
    const long = encodeText('x'.repeat(256));
    assert.deepEqual([long.length, long[0], long[256]], [258, 255, 1]);
  });
});
