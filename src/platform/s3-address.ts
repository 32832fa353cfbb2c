/** A service that speaks the protocol of S3, and with which keys. */
export interface S3Config {
  /** With the port, if it is given. */
  readonly host: string;
  readonly tls: boolean;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Buckets are the first part of the path, not of the host. */
  readonly pathStyle: boolean;
  /** Each object is made readable for everyone; else the buckets' own policies decide. */
  readonly publicRead: boolean;
  /** Where anyone may fetch buckets, without a slash at the end; undefined: at the host, by plain HTTP. */
  readonly publicUrl: string | undefined;
}

const parameters = ['region', 'tls', 'path_style', 'public_read', 'public_url'];

/** `s3://KEY:SECRET@host:port/?region=&tls=&path_style=&public_read=&public_url=`; or what is wrong with it, without its values. */
export function parseS3Address(text: string): S3Config | string {
  const url = URL.parse(text);
  if (url?.protocol !== 's3:' || !url.host || !url.username || !url.password)
    return 'must be s3://KEY:SECRET@host:port/?region=NAME, with / and + in the keys written as %2F and %2B';
  if (!['', '/'].includes(url.pathname) || url.hash) return 'must have no path: buckets are made by name';
  const unknown = [...url.searchParams.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) return `has an unknown parameter; the known ones are ${parameters.join(', ')}`;
  const flag = (name: string, otherwise: string) => url.searchParams.get(name) || otherwise;
  for (const name of ['tls', 'path_style', 'public_read'])
    if (!/^[01]$/.test(flag(name, '0'))) return `must have 0 or 1 as ${name}`;
  const publicUrl = url.searchParams.get('public_url') || undefined;
  if (publicUrl !== undefined && URL.parse(publicUrl)?.protocol !== 'http:')
    return 'must have an address that begins with http:// as public_url';
  const accessKey = decoded(url.username);
  const secretKey = decoded(url.password);
  if (accessKey === undefined || secretKey === undefined) return 'must have % in the keys written as %25';
  return {
    host: url.host,
    tls: flag('tls', '1') === '1',
    region: url.searchParams.get('region') || 'us-east-1',
    accessKey,
    secretKey,
    pathStyle: flag('path_style', '0') === '1',
    publicRead: flag('public_read', '0') === '1',
    publicUrl: publicUrl?.replace(/\/+$/, ''),
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
