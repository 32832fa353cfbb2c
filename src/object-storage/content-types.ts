/** RFC 5280 §4.2.1.13 and §4.2.2.1 ask for the types of .crl, .cer and .p7c. */
const typesByEnding: Readonly<Record<string, string>> = {
  crl: 'application/pkix-crl',
  cer: 'application/pkix-cert',
  crt: 'application/pkix-cert',
  p7c: 'application/pkcs7-mime',
  pem: 'application/x-pem-file',
  json: 'application/json',
  txt: 'text/plain; charset=utf-8',
};

/** The type with which an object of a folder is served: it follows from the ending of its name, as files have no other. */
export function contentTypeOf(key: string): string {
  const ending = /\.([^./]+)$/.exec(key)?.[1]?.toLowerCase();
  return (ending !== undefined && typesByEnding[ending]) || 'application/octet-stream';
}
