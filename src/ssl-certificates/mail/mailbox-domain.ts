/** Second labels under which countries register names. Not complete: where one is missing, a budget is shared too widely. */
const registries = new Set(['ac', 'co', 'com', 'edu', 'gov', 'mil', 'net', 'org']);

/** The name that somebody registered: `a.b.example.co.uk` is below `example.co.uk`. Its mail servers are one owner's. */
export function registeredDomain(mailbox: string): string {
  const labels = mailbox
    .slice(mailbox.lastIndexOf('@') + 1)
    .toLowerCase()
    .split('.');
  const [second = '', last = ''] = labels.slice(-2);
  const count = last.length === 2 && registries.has(second) ? 3 : 2;
  return labels.slice(-count).join('.');
}
