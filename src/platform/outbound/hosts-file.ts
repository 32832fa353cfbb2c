import { isIP } from 'node:net';

/** The addresses of a name in the text of a hosts file (hosts(5)); names are the same in any letter case. */
export function addressesInHosts(text: string, host: string): string[] {
  const wanted = host.toLowerCase();
  return text.split(/\r?\n/).flatMap((line) => {
    const [entry = ''] = line.split('#', 1);
    const [address = '', ...names] = entry.trim().split(/\s+/);
    return isIP(address) !== 0 && names.some((name) => name.toLowerCase() === wanted) ? [address] : [];
  });
}
