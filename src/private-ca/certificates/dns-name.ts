import { domainToASCII, domainToUnicode } from 'node:url';

const label = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * A DNS name as it may stand in a certificate, or what is wrong with it. RFC 5280 §4.2.1.6: the preferred name syntax
 * of RFC 1034 as changed by RFC 1123, so no underscore and no closing dot. Names in other scripts become A-labels (§7.2).
 */
export function certificateDnsName(given: string): { name: string } | { problem: string } {
  if (given.length > 253) return { problem: 'is longer than 253 characters' };
  const wildcard = given.startsWith('*.');
  const rest = wildcard ? given.slice(2) : given;
  // RFC 9525 §6.3: a wildcard is the complete leftmost label.
  if (rest.includes('*')) return { problem: 'may have * only as its whole first label' };
  const host = isAscii(rest) ? rest : domainToASCII(rest);
  const problem = hostProblem(host);
  if (problem !== undefined) return { problem };
  const name = wildcard ? `*.${host}` : host;
  return name.length > 253 ? { problem: 'is longer than 253 characters as A-labels' } : { name };
}

function hostProblem(host: string): string | undefined {
  const labels = host.split('.');
  for (const each of labels) {
    if (!label.test(each)) {
      return 'must consist of labels of 1 to 63 letters, digits and inner hyphens, separated by periods';
    }
    if (/^..--/.test(each) && !isALabel(each))
      return `has the label ${each}, which is not an A-label of RFC 5891`;
  }
  if (/^[0-9]+$/.test(labels.at(-1)!)) return 'ends in a number, so it is an IP address or no name at all';
  return undefined;
}

/** RFC 5891 §4.2.3.1: two hyphens in the third and fourth place belong to A-labels only, and those decode. */
function isALabel(text: string): boolean {
  const decoded = domainToUnicode(text);
  return !isAscii(decoded) && domainToASCII(decoded) === text.toLowerCase();
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
