/** Reports whether the parts of the pattern between its asterisks stand in the text one after the other. Letter case counts. */
export function fitsGlob(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
    return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/** As `fitsGlob`, without regard to letter case. */
export function fitsPattern(text: string, pattern: string): boolean {
  return fitsGlob(text.toLowerCase(), pattern.toLowerCase());
}

/** A host as hosts are compared: in lower case, without the dot of the root. */
export function foldHost(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/**
 * Whether every host that the name stands for fits the pattern, label by label. A first label `*` in the pattern is one label or
 * more; any other asterisk stays within its label. A name's own wildcard label fits a whole `*` only.
 */
export function fitsHostPattern(name: string, pattern: string): boolean {
  const labels = foldHost(name).split('.');
  const patterns = foldHost(pattern).split('.');
  if (labels.includes('')) return false;
  const isOpen = patterns[0] === '*';
  const closing = isOpen ? patterns.slice(1) : patterns;
  const head = labels.length - closing.length;
  if (isOpen ? head < 1 : head !== 0) return false;
  return closing.every((each, index) => {
    const label = labels[head + index]!;
    return label === '*' ? each === '*' : fitsPattern(label, each);
  });
}

/** `local part@host`: the host label by label, the local part by itself. */
export function fitsMailboxPattern(mailbox: string, pattern: string): boolean {
  if (pattern === '*') return true;
  const [local, host, ...more] = mailbox.split('@');
  const at = pattern.lastIndexOf('@');
  // Software disagrees about which of several `@` counts.
  if (host === undefined || more.length > 0 || local === '' || at < 0) return false;
  return fitsPattern(local!, pattern.slice(0, at)) && fitsHostPattern(host, pattern.slice(at + 1));
}
