import { BlockList, isIP } from 'node:net';
import type { AddressPolicy } from './policies.ts';

/** The vendor's ways to say "from everywhere": IPv6 is meant too. */
const everything = /^0\.0\.0\.0(\/0|-255\.255\.255\.255)$/;

/** Tells whether an address is in one of the entries. An IPv4-mapped address is judged as the IPv4 address that it is. */
export class AddressList {
  readonly #blocks = new BlockList();
  #takesAll = false;

  /** Throws RangeError for an entry that is no address, block or range. */
  constructor(policy: AddressPolicy) {
    for (const { addresses } of [...policy.blocks, ...policy.ranges]) this.#add(addresses.trim());
  }

  /** False for a source that is not known. */
  allows(address: string | undefined): boolean {
    if (address === undefined) return false;
    const plain = address.replace(/%.*$/, '');
    const family = familyOf(plain);
    return family !== undefined && (this.#takesAll || this.#blocks.check(plain, family));
  }

  #add(entry: string): void {
    const [first = '', last, ...more] = entry.split(/[/-]/);
    const family = familyOf(first);
    if (family === undefined || more.length > 0) throw notAnEntry();
    if (everything.test(entry)) this.#takesAll = true;
    try {
      if (last === undefined) this.#blocks.addAddress(first, family);
      else if (entry.includes('-')) this.#blocks.addRange(first, last, family);
      else if (/^\d{1,3}$/.test(last)) this.#blocks.addSubnet(first, Number(last), family);
      else throw notAnEntry();
    } catch (cause) {
      throw notAnEntry({ cause });
    }
  }
}

function notAnEntry(options?: ErrorOptions): RangeError {
  return new RangeError(
    'must be an address, a block such as 192.0.2.0/24, or a range such as 192.0.2.1-192.0.2.9',
    options,
  );
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  switch (isIP(address)) {
    case 4:
      return 'ipv4';
    case 6:
      return 'ipv6';
    default:
      return undefined;
  }
}
