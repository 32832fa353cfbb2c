import { type Static, Type } from 'typebox';
import { keyAlgorithmNames } from './key-algorithm.ts';

const keyAlgorithm = Type.Unsafe<(typeof keyAlgorithmNames)[number]>(
  Type.String({ enum: [...keyAlgorithmNames], description: 'Key algorithm.' }),
);
const company = (what: string) =>
  Type.Optional(Type.String({ maxLength: 255, description: `${what} Mandatory for ENTERPRISE.` }));

export const createCsrBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 63, description: 'Name of the CSR.' }),
  domain_name: Type.String({
    maxLength: 63,
    description: 'Name of a host that certificates by this CSR contain.',
  }),
  sans: Type.Optional(
    Type.String({ maxLength: 255, description: 'Additional names, separated by semicolons.' }),
  ),
  private_key_algo: keyAlgorithm,
  usage: Type.Unsafe<'PERSONAL' | 'ENTERPRISE'>(Type.String({ enum: ['PERSONAL', 'ENTERPRISE'] })),
  company_country: company('Two-letter code of the country.'),
  company_province: company('Province.'),
  company_city: company('City.'),
  company_name: company('Name of the company.'),
});
export type CreateCsrBody = Static<typeof createCsrBody>;

// The vendor's pages print 63 characters for the key, which has no room for any: the limits are those of apply and of RSA_4096.
export const uploadCsrBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 63, description: 'Name of the CSR.' }),
  csr: Type.String({ maxLength: 5120, description: 'PEM.' }),
  private_key: Type.Optional(Type.String({ maxLength: 4096, description: 'PEM, not encrypted.' })),
});
export type UploadCsrBody = Static<typeof uploadCsrBody>;

export const updateCsrBody = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 255, description: 'New name of the CSR.' }),
});

export const listCsrsQuery = Type.Object({
  limit: Type.Integer({ enum: [10, 20, 50], default: 10, description: 'Rows of a page: 10, 20 or 50.' }),
  offset: Type.Integer({ minimum: 0, default: 0, description: 'Rows to skip.' }),
  name: Type.Optional(Type.String({ maxLength: 255, description: 'Part of the name.' })),
  private_key_algo: Type.Optional(Type.String({ enum: ['', ...keyAlgorithmNames] })),
});

// No limits: an id that cannot be one is as unknown as any other, and clients know SCM.0707.
export const csrParams = Type.Object({ id: Type.String({ description: 'ID of the CSR.' }) });

const orNull = Type.Union([Type.String(), Type.Null()]);

export const csrResponse = Type.Object({
  id: Type.String({ description: '32 hexadecimal digits.' }),
  name: Type.String(),
  csr: Type.String({ description: 'PEM.' }),
  domain_name: Type.String(),
  sans: orNull,
  private_key_algo: Type.String(),
  usage: Type.String(),
  company_country: orNull,
  company_province: orNull,
  company_city: orNull,
  company_name: orNull,
  create_time: Type.Integer({ description: 'Milliseconds since 1970.' }),
  update_time: Type.Union([Type.Integer(), Type.Null()], { description: 'Milliseconds since 1970.' }),
});

export const uploadCsrResponse = Type.Object({
  id: Type.String(),
  name: Type.String(),
  create_time: Type.Integer(),
});
