import type { SignatureAlgorithm } from '../algorithms.ts';
import { type Extension, encodeExtensions } from '../certificate/extension.ts';
import { signStructure } from '../certificate/issue-certificate.ts';
import { der } from '../der/index.ts';
import type { Signer } from '../keys/signer.ts';
import { type DistinguishedName, encodeName } from '../names/distinguished-name.ts';
import { oids } from '../oids.ts';

/** DER of a PKCS#10 request (RFC 2986) for the signer's own key, which the signature proves to be held. */
export async function buildCsr(request: {
  readonly subject: DistinguishedName;
  readonly signer: Signer;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly extensions?: readonly Extension[];
}): Promise<Uint8Array> {
  const extensions = request.extensions ?? [];
  const attributes =
    extensions.length === 0
      ? der.raw()
      : der.sequence(der.oid(oids.extensionRequest), der.set(encodeExtensions(extensions)));
  const information = der.sequence(
    der.integer(0),
    encodeName(request.subject),
    request.signer.publicKeySpki,
    der.implicit(0, attributes, true),
  );
  return signStructure(information, request.signer, request.signatureAlgorithm);
}
