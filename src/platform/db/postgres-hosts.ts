const form = /^(postgres(?:ql)?:\/\/(?:[^@/?#]*@)?)([^@/?#]*)(.*)$/;

/**
 * The URLs of the hosts that a URL in libpq's form names, `postgres://user:password@host1:5432,host2:5433/database`, one for each; undefined
 * if it is not of that form.
 */
export function urlsOfHosts(url: string): readonly string[] | undefined {
  const [, before, hosts, after] = form.exec(url) ?? [];
  if (hosts === undefined) return undefined;
  const names = hosts.split(',');
  // One may be missing: PostgreSQL is then at its usual address.
  if (names.length > 1 && names.includes('')) return undefined;
  const urls = names.map((name) => `${before}${name}${after}`);
  return urls.every((each) => URL.canParse(each)) ? urls : undefined;
}
