import type { Issuer } from '../issuer.ts';
import type { AcmeAccountPorts, AcmeAccountSettings } from './acme-account.ts';

/**
 * Issues with a CA that speaks ACME (RFC 8555). What that takes is loaded when it is first asked: the library is a fifth of a second and
 * 40 MB, which an installation without ACME, and the start of any, does without.
 */
export function openAcmeIssuer(ports: AcmeAccountPorts, settings: AcmeAccountSettings): Issuer {
  let loaded: Promise<Omit<Issuer, 'methods' | 'looksItself'>> | undefined;
  const issuer = () => {
    loaded ??= import('./acme-issuer.ts').then(({ createAcmeIssuer }) => createAcmeIssuer(ports, settings));
    return loaded;
  };
  return {
    methods: ['DNS', 'FILE'],
    looksItself: true,
    begin: async (application) => (await issuer()).begin(application),
    issue: async (application, state) => (await issuer()).issue(application, state),
    abandon: async (application, state) => (await issuer()).abandon(application, state),
    revoke: async (certificate, reason) => (await issuer()).revoke(certificate, reason),
  };
}
