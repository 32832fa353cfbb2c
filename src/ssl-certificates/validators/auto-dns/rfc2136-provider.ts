import type { Clock } from '../../../platform/clock.ts';
import type { Random } from '../../../platform/random.ts';
import { StartRefused } from '../../../platform/start-refused.ts';
import { readSecret } from '../../secret-setting.ts';
import type { Rfc2136Settings } from '../validation-configuration.ts';
import type { DnsProvider } from './dns-provider.ts';
import { encodeName, encodeText, uint16, uint32 } from './dns-wire.ts';
import { exchangeMessage } from './exchange-message.ts';
import { signMessage, type TsigKey, verifyAnswer } from './tsig.ts';

const timeoutMs = 10_000;
/** Short: the record is for one look. */
const ttlSeconds = 60;
const headerLength = 12;
const types = { CNAME: 5, SOA: 6, TXT: 16 } as const;
const classes = { IN: 1, NONE: 254 } as const;
const updateOpcode = 5;
const rcodes: Readonly<Record<number, string>> = {
  1: 'FORMERR',
  2: 'SERVFAIL',
  3: 'NXDOMAIN',
  4: 'NOTIMP',
  5: 'REFUSED: the key may not write this record',
  7: 'YXRRSET: there is a CNAME at this name, beside which no text may stand',
  9: 'NOTAUTH: it has not this zone, or not this key',
  10: 'NOTZONE: the name is not in the zone',
};

/** Writes records by DNS UPDATE (RFC 2136), signed (RFC 8945). The server is the operator's: the guard is not asked. */
export function createRfc2136Provider(
  zone: string,
  settings: Rfc2136Settings,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): DnsProvider {
  requireName(zone);
  const key = readKey(settings.tsig);
  const server = parseServer(settings.server);
  async function send(name: string, prerequisites: readonly Buffer[], update: Buffer): Promise<void> {
    const id = Buffer.from(random.bytes(2));
    const request = updateMessage(id, zone, prerequisites, update);
    const { message, mac } = signMessage(request, key, clock.nowMs());
    const answer = await exchangeMessage(server, message, timeoutMs);
    checkHeader(answer, message);
    const code = answer.readUInt16BE(2) & 0xf;
    try {
      verifyAnswer(answer, mac, key, clock.nowMs());
    } catch (cause) {
      // An error need not be signed, and is one all the same; only a success has to be proven.
      if (code === 0 || code === 9) throw cause;
    }
    if (code !== 0)
      throw new Error(`the name server refused to change ${name}: ${rcodes[code] ?? `error ${code}`}`);
  }
  return {
    // RFC 2136 §3.4.2.2: beside a CNAME the text would be ignored in silence, so there must be none.
    add: (name, text) =>
      send(
        name,
        [record(name, types.CNAME, classes.NONE, 0, Buffer.alloc(0))],
        record(name, types.TXT, classes.IN, ttlSeconds, encodeText(text)),
      ),
    // RFC 2136 §2.5.4: class NONE removes the one record with these contents.
    remove: (name, text) => send(name, [], record(name, types.TXT, classes.NONE, 0, encodeText(text))),
  };
}

function updateMessage(id: Buffer, zone: string, prerequisites: readonly Buffer[], update: Buffer): Buffer {
  const counts = [1, prerequisites.length, 1, 0].map(uint16);
  const zoneSection = [encodeName(zone), uint16(types.SOA), uint16(classes.IN)];
  return Buffer.concat([id, uint16(updateOpcode << 11), ...counts, ...zoneSection, ...prerequisites, update]);
}

function record(name: string, type: number, recordClass: number, ttl: number, data: Buffer): Buffer {
  return Buffer.concat([
    encodeName(name),
    uint16(type),
    uint16(recordClass),
    uint32(ttl),
    uint16(data.length),
    data,
  ]);
}

function checkHeader(answer: Buffer, request: Buffer): void {
  if (answer.length < headerLength) throw new Error('the answer of the name server is too short');
  const flags = answer.readUInt16BE(2);
  const isAnswer = flags >>> 15 === 1 && ((flags >>> 11) & 0xf) === updateOpcode;
  if (!isAnswer || !answer.subarray(0, 2).equals(request.subarray(0, 2)))
    throw new Error('the answer of the name server is not to what it was asked');
}

function readKey({ name, algorithm, secret }: Rfc2136Settings['tsig']): TsigKey {
  const text = readSecret(secret).trim();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.toString('base64') !== text)
    throw new StartRefused(`validation: the secret of the key ${name} is not base64`);
  requireName(name);
  return { name, algorithm, secret: bytes };
}

function requireName(name: string): void {
  try {
    encodeName(name);
  } catch (error) {
    throw new StartRefused(`validation: ${error instanceof Error ? error.message : error}`);
  }
}

/** The schema has seen that it is an address and perhaps a port. */
function parseServer(server: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(server) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw new StartRefused(`validation: ${server} is not ip:port`);
  return { host, port: port === undefined ? 53 : Number(port) };
}
