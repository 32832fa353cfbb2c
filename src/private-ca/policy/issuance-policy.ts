import { type Static, Type } from 'typebox';
import type { GeneralName, NameConstraints } from '../../pki/index.ts';
import { type KeyAlgorithm, MalformedError, nameConstraintsExtension } from '../../pki/index.ts';
import { type PurposeFlag, purposeOfFlag } from '../certificates/extended-key-usage.ts';
import { pcaError } from '../errors.ts';
import { oneOf } from '../request-fields.ts';
import { validityTypes } from '../validity.ts';
import { findWrongPattern } from './allowed-names.ts';

const strict = { additionalProperties: false } as const;
const mostEntries = 100;

function texts(description: string) {
  return Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { maxItems: mostEntries, description }),
  );
}

const subtrees = Type.Object(
  {
    dns: texts('Domain with all below it; with a leading dot only those below.'),
    ip: texts('Address/prefix.'),
    email: texts('Mailbox, host, or with a leading dot the hosts below a domain.'),
    uri: texts('Host, or with a leading dot the hosts below a domain.'),
  },
  strict,
);

const allowedNames = Type.Object(
  {
    common_name: texts('Patterns; * stands for any characters.'),
    dns: texts('Hosts; a first label * stands for one label or more, another * stays within its label.'),
    ip: texts('Address/prefix.'),
    email: texts('local-part@host, both with *.'),
    uri: texts('scheme://host[:port][/path]; each part is compared by itself.'),
    upn: texts('user@realm, both with *.'),
  },
  strict,
);

const longestValidity = Type.Object(
  {
    type: oneOf(validityTypes, 'As in a validity.'),
    value: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  },
  strict,
);

const subordinateAuthorities = Type.Object(
  {
    allowed: Type.Optional(
      oneOf(
        ['NONE', 'KEPT_HERE', 'ALL'],
        'Which CAs may be certified: none, those whose key is here, or all.',
      ),
    ),
    max_path_length: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 6, description: 'Longest path length of a CA directly below.' }),
    ),
  },
  strict,
);

const keyAlgorithms = [
  'RSA2048',
  'RSA3072',
  'RSA4096',
  'EC256',
  'EC384',
  'EC521',
  'SM2',
  'ED25519',
  'MLDSA44',
  'MLDSA65',
  'MLDSA87',
] as const satisfies readonly KeyAlgorithm[];

const purposes = Object.keys(purposeOfFlag) as PurposeFlag[];

/** The body of PUT, and what is stored. A rule that is misspelt would bind nothing, so unknown fields are refused. */
export const issuancePolicySchema = Type.Object(
  {
    name_constraints: Type.Optional(
      Type.Object({ permitted: Type.Optional(subtrees), excluded: Type.Optional(subtrees) }, strict),
    ),
    allowed_names: Type.Optional(allowedNames),
    key_algorithms: Type.Optional(
      Type.Array(oneOf(keyAlgorithms, 'Of the certified key.'), { minItems: 1, maxItems: 20 }),
    ),
    max_validity: Type.Optional(longestValidity),
    max_subordinate_validity: Type.Optional(longestValidity),
    subordinate_authorities: Type.Optional(subordinateAuthorities),
    extended_key_usages: Type.Optional(
      Type.Array(oneOf(purposes, 'Purpose.'), { minItems: 1, maxItems: 20 }),
    ),
  },
  strict,
);

export type IssuancePolicy = Static<typeof issuancePolicySchema>;
type Subtrees = Static<typeof subtrees>;

/** As `issuance_policy` stores it; undefined: there is none. */
export function parsePolicy(stored: string | null): IssuancePolicy | undefined {
  return stored === null ? undefined : (JSON.parse(stored) as IssuancePolicy);
}

function basesOf({ dns = [], ip = [], email = [], uri = [] }: Subtrees = {}): GeneralName[] {
  return [
    ...dns.map((value) => ({ type: 'DNS', value }) as const),
    ...ip.map((value) => ({ type: 'IP', value }) as const),
    ...email.map((value) => ({ type: 'EMAIL', value }) as const),
    ...uri.map((value) => ({ type: 'URI', value }) as const),
  ];
}

/** Undefined if the policy constrains no names. */
export function constraintsOf(policy: IssuancePolicy | undefined): NameConstraints | undefined {
  const permitted = basesOf(policy?.name_constraints?.permitted);
  const excluded = basesOf(policy?.name_constraints?.excluded);
  return permitted.length + excluded.length === 0 ? undefined : { permitted, excluded };
}

const host = /^\.?(?:[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9_](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const mailbox = /^[^\s@]+@[^\s@.][^\s@]*$/;

const forms = {
  dns: (text: string) => host.test(text),
  ip: (text: string) => isRange(text),
  email: (text: string) => host.test(text) || mailbox.test(text),
  uri: (text: string) => host.test(text),
} as const;

function isRange(text: string): boolean {
  try {
    nameConstraintsExtension({ permitted: [{ type: 'IP', value: text }], excluded: [] });
    return true;
  } catch (error) {
    if (error instanceof MalformedError) return false;
    throw error;
  }
}

/** Throws PCA.00020001 for a subtree or range that no certificate can carry, and for a policy without a rule. */
export function requireSoundPolicy(policy: IssuancePolicy): void {
  if (Object.keys(policy).length === 0) {
    throw pcaError('PCA.00020001', 'The policy has no rule; delete it instead.');
  }
  for (const list of ['permitted', 'excluded'] as const)
    for (const [form, bases] of Object.entries(policy.name_constraints?.[list] ?? {}))
      for (const [index, base] of bases.entries())
        if (!forms[form as keyof typeof forms](base)) {
          const field = `name_constraints.${list}.${form}[${index}]`;
          throw pcaError('PCA.00020001', `${field} is not a subtree of RFC 5280 section 4.2.1.10.`);
        }
  const wrong = (policy.allowed_names?.ip ?? []).findIndex((range) => !isRange(range));
  if (wrong >= 0)
    throw pcaError('PCA.00020001', `allowed_names.ip[${wrong}] is not of the form address/prefix.`);
  const pattern = policy.allowed_names && findWrongPattern(policy.allowed_names);
  if (pattern !== undefined) throw pcaError('PCA.00020001', `${pattern}.`);
}
