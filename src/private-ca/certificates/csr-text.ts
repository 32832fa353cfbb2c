/** Reference 4.2.2.3: characters of the `csr` field. */
export const csrTextLimit = 5120;

/**
 * A CSR as clients send it, with real newlines. The reference's own example writes `\\n` into the JSON, so what arrives
 * is a backslash and a letter; neither occurs in PEM otherwise.
 */
export function csrPem(text: string): string {
  return text.includes('\\') ? text.replaceAll('\\r', '').replaceAll('\\n', '\n') : text;
}
