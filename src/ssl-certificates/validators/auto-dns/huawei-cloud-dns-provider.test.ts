import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { type VendorClient, VendorRefusal } from '../../vendor-api/index.ts';
import { createHuaweiCloudDnsProvider } from './huawei-cloud-dns-provider.ts';

interface RecordSet {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  records: string[];
}

const name = '_dnsauth.www.example.test';

/** The service as its reference describes it: lists find what has the name in it, a record set is unique by name and type. */
class DnsService implements VendorClient {
  readonly zones = [
    { id: 'z-longer', name: 'my-example.test.' },
    { id: 'z1', name: 'example.test.' },
  ];
  recordSets: RecordSet[] = [];
  calls: string[] = [];
  /** Called before each write, as another writer might come. */
  beforeWrite: () => void = () => {};

  async request(
    method: string,
    path: string,
    query: Parameters<VendorClient['request']>[2] = {},
    body?: unknown,
  ): Promise<unknown> {
    this.calls.push(`${method} ${path}`);
    const searched = String(query.name ?? '');
    const page = <Item>(items: readonly Item[]) =>
      items.slice(Number(query.offset), Number(query.offset) + Number(query.limit));
    if (method === 'GET' && path === '/v2/zones') {
      assert.equal(query.type, 'public');
      return { zones: page(this.zones.filter((zone) => zone.name.includes(searched))) };
    }
    const [, zone, id] = /^\/v2\/zones\/([^/]+)\/recordsets(?:\/(.+))?$/.exec(path) ?? [];
    assert.equal(zone, 'z1');
    if (method === 'GET') {
      const found = this.recordSets.filter(
        (each) => each.name.includes(searched) && each.type === query.type,
      );
      return { recordsets: page(found) };
    }
    this.beforeWrite();
    this.#write(method, id, body as RecordSet);
    return {};
  }

  #write(method: string, id: string | undefined, body: RecordSet): void {
    if (method === 'POST') {
      if (this.recordSets.some((each) => each.name === body.name && each.type === body.type))
        throw new VendorRefusal(400, 'DNS.0312', 'This record set already exists.');
      this.recordSets.push({ ...body, id: `r${this.calls.length}` });
      return;
    }
    const found = this.recordSets.find((each) => each.id === id);
    if (found === undefined) throw new VendorRefusal(404, 'DNS.0313', 'This record set does not exist.');
    if (method === 'PUT') found.records = body.records;
    else this.recordSets = this.recordSets.filter((each) => each !== found);
  }
}

describe('records by the API of the vendor’s DNS service', () => {
  let service = new DnsService();
  let provider = createHuaweiCloudDnsProvider('example.test', service);
  beforeEach(() => {
    service = new DnsService();
    provider = createHuaweiCloudDnsProvider('example.test', service);
  });
  const records = () => service.recordSets.map((each) => [each.name, each.type, each.records]);
  const writes = () => service.calls.filter((call) => !call.startsWith('GET'));

  it('are added and removed, each once', async () => {
    for (let round = 0; round < 2; round++) await provider.add(name, 'value');
    assert.deepEqual(records(), [[`${name}.`, 'TXT', ['"value"']]]);
    assert.equal(writes().length, 1);
    for (let round = 0; round < 2; round++) await provider.remove(name, 'value');
    assert.deepEqual(records(), []);
    assert.equal(writes().length, 2);
  });

  it('leave what is there beside them', async () => {
    const other = { id: 'r0', name: `x.${name}.`, type: 'TXT', ttl: 5, records: ['"value"'] };
    const own = { id: 'r1', name: `${name}.`, type: 'TXT', ttl: 300, records: ['"somebody’s"'] };
    service.recordSets = [other, own];
    await provider.add(name, 'value');
    assert.deepEqual(own.records, ['"somebody’s"', '"value"']);
    await provider.remove(name, 'value');
    assert.deepEqual(own.records, ['"somebody’s"']);
    assert.deepEqual(other.records, ['"value"']);
    await provider.remove(name, 'absent');
    assert.equal(writes().length, 2);
  });

  it('are added again where another writer took them away or came first', async () => {
    const own = { id: 'r1', name: `${name}.`, type: 'TXT', ttl: 300, records: ['"theirs"'] };
    service.beforeWrite = () => {
      service.recordSets = [own];
      service.beforeWrite = () => {};
    };
    await provider.add(name, 'value');
    assert.deepEqual(own.records, ['"theirs"', '"value"']);
    service.beforeWrite = () => {
      service.recordSets = [];
      service.beforeWrite = () => {};
    };
    await provider.add(name, 'second');
    assert.deepEqual(records(), [[`${name}.`, 'TXT', ['"second"']]]);
  });

  it('fail where the service does not keep them, or knows no such zone', async () => {
    service.beforeWrite = () => {
      throw new VendorRefusal(403, 'DNS.0030', 'no permission');
    };
    await assert.rejects(provider.add(name, 'value'), { name: 'VendorRefusal', status: 403 });
    assert.equal(writes().length, 1);
    service.beforeWrite = () => {
      throw new VendorRefusal(409, undefined, 'busy');
    };
    await assert.rejects(provider.add(name, 'value'), { name: 'VendorRefusal', status: 409 });
    assert.equal(writes().length, 6);
    const absent = createHuaweiCloudDnsProvider('ample.test', service);
    await assert.rejects(absent.add('_dnsauth.ample.test', 'value'), /no public zone ample\.test/);
  });

  it('are found on later pages', async () => {
    service.zones.unshift(
      ...Array.from({ length: 600 }, (_, index) => ({ id: `o${index}`, name: `z${index}.example.test.` })),
    );
    await provider.add(name, 'value');
    assert.equal(records().length, 1);
  });

  it('are quoted, long ones in pieces', async () => {
    await provider.add(name, 'a"b\\c');
    await provider.add(`long.${name}`, 'x'.repeat(256));
    assert.deepEqual(service.recordSets[0]?.records, ['"a\\"b\\\\c"']);
    assert.deepEqual(service.recordSets[1]?.records, [`"${'x'.repeat(255)}" "x"`]);
    for (let round = 0; round < 2; round++) await provider.remove(`long.${name}`, 'x'.repeat(256));
    assert.equal(service.recordSets.length, 1);
  });
});
