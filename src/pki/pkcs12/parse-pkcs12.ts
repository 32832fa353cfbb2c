import {
  children,
  contextTag,
  type DerValue,
  derCursor,
  readDerAs,
  tags,
  toOid,
  toSmallInt,
} from '../der/index.ts';
import { MalformedError } from '../malformed-error.ts';
import { oids } from '../oids.ts';
import { WrongPasswordError } from '../password.ts';
import { checkedPrivateKeyInfo } from '../pkcs8/encrypted.ts';
import { decryptSafe, type Pkcs12Password } from './decrypt-safe.ts';
import { verifyMac } from './mac.ts';
import { WorkBudget } from './work-budget.ts';

/** What ties keys to certificates: equal `localKeyId`, or as a last resort equal `friendlyName`. */
export type BagAttributes = { friendlyName: string | undefined; localKeyId: Uint8Array | undefined };

/** The keys (PKCS #8 DER) and certificates (DER) of a PFX, in the order of the file. */
export type Pkcs12 = {
  keys: (BagAttributes & { privateKeyPkcs8: Uint8Array })[];
  certificates: (BagAttributes & { certificateDer: Uint8Array })[];
};

type Opening = { password: Pkcs12Password; budget: WorkBudget; found: Pkcs12 };

// Ten keys with their chains have 50 kB.
const maximumLength = 1_048_576;
const maximumBags = 200;

/**
 * Reads a PFX (RFC 7292) in DER that is protected by a password MAC; keys and certificates under PBES2 or Triple DES.
 * Other bags (CRLs, secrets) are passed over. Throws WrongPasswordError, and MalformedError for anything else,
 * including BER's indefinite lengths, the 40-bit RC2 of very old files, and costs above five million rounds.
 */
export async function parsePkcs12(pfx: Uint8Array, password: string): Promise<Pkcs12> {
  if (pfx.length > maximumLength) throw new MalformedError('PKCS #12: larger than 1 MiB');
  const cursor = derCursor(readDerAs(tags.sequence, pfx));
  if (toSmallInt(cursor.take(tags.integer)) !== 3) throw new MalformedError('PKCS #12: not version 3');
  const authenticatedSafe = readData(cursor.take(tags.sequence));
  const macData = cursor.take(tags.sequence);
  cursor.end();
  const budget = new WorkBudget();
  const bmp = await verifyMac(macData, authenticatedSafe, password, budget);
  const opening: Opening = {
    password: { text: password, bmp },
    budget,
    found: { keys: [], certificates: [] },
  };
  for (const contentInfo of children(readDerAs(tags.sequence, authenticatedSafe))) {
    const safeContents = await readSafe(contentInfo, opening);
    for (const bag of children(safeContents)) await readBag(bag, opening);
  }
  return opening.found;
}

function readContentInfo(contentInfo: DerValue): { contentType: string; content: DerValue } {
  const cursor = derCursor(contentInfo);
  const contentType = toOid(cursor.take(tags.oid));
  const explicit = derCursor(cursor.take(contextTag(0)));
  const content = explicit.takeAny();
  explicit.end();
  cursor.end();
  return { contentType, content };
}

function readData(contentInfo: DerValue): Uint8Array {
  const { contentType, content } = readContentInfo(contentInfo);
  if (contentType !== oids.data) throw new MalformedError('PKCS #12: not protected by a password');
  return octets(content);
}

async function readSafe(contentInfo: DerValue, { password, budget }: Opening): Promise<DerValue> {
  const { contentType, content } = readContentInfo(contentInfo);
  if (contentType === oids.data) return readDerAs(tags.sequence, octets(content));
  if (contentType !== oids.encryptedData) throw new MalformedError('PKCS #12: unknown safe');
  const encryptedData = derCursor(content);
  encryptedData.take(tags.integer);
  const info = derCursor(encryptedData.take(tags.sequence));
  info.take(tags.oid);
  const algorithm = info.take(tags.sequence);
  const ciphertext = info.take(contextTag(0, false)).value;
  const plaintext = await decryptSafe(algorithm, ciphertext, password, budget);
  try {
    return readDerAs(tags.sequence, plaintext);
  } catch {
    throw new WrongPasswordError();
  }
}

async function readBag(bag: DerValue, { password, budget, found }: Opening): Promise<void> {
  if (found.keys.length + found.certificates.length === maximumBags) {
    throw new MalformedError(`PKCS #12: more than ${maximumBags} bags`);
  }
  const cursor = derCursor(bag);
  const bagId = toOid(cursor.take(tags.oid));
  const explicit = derCursor(cursor.take(contextTag(0)));
  const attributes = readAttributes(cursor.takeOptional(tags.set));
  cursor.end();
  if (bagId === oids.keyBag) {
    found.keys.push({ ...attributes, privateKeyPkcs8: copy(explicit.take(tags.sequence).raw) });
  } else if (bagId === oids.pkcs8ShroudedKeyBag) {
    const info = derCursor(explicit.take(tags.sequence));
    const algorithm = info.take(tags.sequence);
    const ciphertext = info.take(tags.octetString).value;
    const key = checkedPrivateKeyInfo(await decryptSafe(algorithm, ciphertext, password, budget));
    found.keys.push({ ...attributes, privateKeyPkcs8: key });
  } else if (bagId === oids.certBag) {
    const certificate = derCursor(explicit.take(tags.sequence));
    if (toOid(certificate.take(tags.oid)) !== oids.x509Certificate) return;
    const value = derCursor(certificate.take(contextTag(0))).take(tags.octetString).value;
    found.certificates.push({ ...attributes, certificateDer: copy(value) });
  }
}

function readAttributes(attributes: DerValue | undefined): BagAttributes {
  const result: BagAttributes = { friendlyName: undefined, localKeyId: undefined };
  if (attributes === undefined) return result;
  for (const attribute of children(attributes)) {
    const cursor = derCursor(attribute);
    const type = toOid(cursor.take(tags.oid));
    const [value] = children(cursor.take(tags.set));
    if (value === undefined) continue;
    if (type === oids.friendlyName && value.tag === tags.bmpString) result.friendlyName = utf16(value.value);
    if (type === oids.localKeyId) result.localKeyId = copy(octets(value));
  }
  return result;
}

function octets(value: DerValue): Uint8Array {
  if (value.tag !== tags.octetString) throw new MalformedError('PKCS #12: expected an octet string');
  return value.value;
}

// What is handed out shall not keep the file in memory.
function copy(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}

function utf16(bytes: Uint8Array): string {
  if (bytes.length % 2 !== 0) throw new MalformedError('PKCS #12: a name is not UTF-16');
  return Buffer.from(bytes).swap16().toString('utf16le');
}
