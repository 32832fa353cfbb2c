import { oids } from '../../oids.ts';
import type { Extension } from '../extension.ts';
import { encodeGeneralNames, type GeneralName } from '../general-name.ts';

/** subjectAltName; critical when the subject is empty (RFC 5280 §4.2.1.6). Throws MalformedError for bad values. */
export function subjectAlternativeNameExtension(names: readonly GeneralName[], critical = false): Extension {
  return { oid: oids.subjectAlternativeName, critical, value: encodeGeneralNames(names) };
}
