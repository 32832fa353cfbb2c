import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { type VendorClient, VendorRefusal } from '../../vendor-api/index.ts';
import type { DnsProvider } from './dns-provider.ts';
import { plainName } from './dns-wire.ts';

const zoneList = Type.Object({ zones: Type.Array(Type.Object({ id: Type.String(), name: Type.String() })) });
const recordSet = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.String(),
  ttl: Type.Optional(Type.Integer()),
  records: Type.Array(Type.String()),
});
const recordSetList = Type.Object({ recordsets: Type.Array(recordSet) });
type RecordSet = Type.Static<typeof recordSet>;

/** The longest page that the service answers with. */
const pageSize = 500;
/** Short: the record is for one look. */
const ttlSeconds = 60;
/**
 * All texts of a name are one record set, which is read and then written as a whole: another writer may come between, and take ours
 * away. So it is read again, until it is as it should be.
 */
const attempts = 5;

/** Writes records by the API of the vendor's DNS service (v2), into a public zone. */
export function createHuaweiCloudDnsProvider(zone: string, client: VendorClient): DnsProvider {
  async function findZoneId(): Promise<string> {
    const found = await pages(client, '/v2/zones', { type: 'public', name: zone }, (answer) => {
      if (!Value.Check(zoneList, answer)) throw new Error('the DNS service answered no list of zones');
      return answer.zones;
    });
    // The service finds every zone whose name has this one in it.
    const zoneId = found.find(({ name }) => plainName(name) === zone)?.id;
    if (zoneId === undefined) throw new Error(`the DNS service has no public zone ${zone}`);
    return zoneId;
  }

  async function findRecordSet(path: string, name: string): Promise<RecordSet | undefined> {
    const found = await pages(client, path, { type: 'TXT', name: plainName(name) }, (answer) => {
      if (!Value.Check(recordSetList, answer)) throw new Error('the DNS service answered no list of records');
      return answer.recordsets;
    });
    return found.find((each) => each.type === 'TXT' && plainName(each.name) === plainName(name));
  }

  /** Undefined: there shall be no record set. */
  async function write(path: string, name: string, current: RecordSet | undefined, records: string[]) {
    const body = { name: `${plainName(name)}.`, type: 'TXT', ttl: current?.ttl ?? ttlSeconds, records };
    if (current === undefined) await client.request('POST', path, {}, body);
    else if (records.length === 0) await client.request('DELETE', `${path}/${current.id}`);
    else await client.request('PUT', `${path}/${current.id}`, {}, body);
  }

  async function change(name: string, wanted: (records: readonly string[]) => string[]): Promise<void> {
    const path = `/v2/zones/${await findZoneId()}/recordsets`;
    for (let attempt = 1; ; attempt++) {
      const current = await findRecordSet(path, name);
      const before = current?.records ?? [];
      const after = wanted(before);
      if (after.length === before.length) return;
      if (attempt > attempts) throw new Error(`the DNS service does not keep what is written to ${name}`);
      try {
        await write(path, name, current, after);
      } catch (error) {
        // Somebody else created or removed it meanwhile: what is there now decides.
        if (!(error instanceof VendorRefusal && isConflict(error)) || attempt === attempts) throw error;
      }
    }
  }

  return {
    add: (name, text) =>
      change(name, (records) => (hasText(records, text) ? [...records] : [...records, quoted(text)])),
    remove: (name, text) => change(name, (records) => records.filter((each) => !hasText([each], text))),
  };
}

function isConflict({ status, code }: VendorRefusal): boolean {
  // DNS.0312: there is such a record set. DNS.0313: there is none (any more).
  return status === 404 || status === 409 || code === 'DNS.0312' || code === 'DNS.0313';
}

async function pages<Item>(
  client: VendorClient,
  path: string,
  query: Readonly<Record<string, string>>,
  itemsOf: (answer: unknown) => readonly Item[],
): Promise<Item[]> {
  const all: Item[] = [];
  for (;;) {
    const answer = await client.request('GET', path, { ...query, limit: pageSize, offset: all.length });
    const items = itemsOf(answer);
    all.push(...items);
    if (items.length < pageSize) return all;
  }
}

/** The service has texts as zone files write them: strings in quotation marks, several if they are long. */
function quoted(text: string): string {
  const parts = text.match(/.{1,255}/gs) ?? [''];
  return parts.map((part) => `"${part.replace(/["\\]/g, '\\$&')}"`).join(' ');
}

function hasText(records: readonly string[], text: string): boolean {
  return records.some((each) => each === quoted(text) || each === text);
}
