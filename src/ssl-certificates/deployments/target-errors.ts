import type { ServiceError } from '../../platform/errors.ts';
import { type ScmErrorCode, scmError } from '../errors.ts';
import type { TargetFailure, TargetService } from '../targets/target.ts';

/** A.2.1 has a set of codes for each service; those that one has not are its plain refusal. */
const codes: Readonly<Record<TargetService, Readonly<Record<TargetFailure['kind'], ScmErrorCode>>>> = {
  ELB: {
    refused: 'SCM.0201',
    'no-such-resource': 'SCM.0201',
    quota: 'SCM.0201',
    forbidden: 'SCM.0202',
    unavailable: 'SCM.0203',
  },
  CDN: {
    refused: 'SCM.0211',
    'no-such-resource': 'SCM.0211',
    quota: 'SCM.0211',
    forbidden: 'SCM.0212',
    unavailable: 'SCM.0213',
  },
  WAF: {
    refused: 'SCM.0221',
    'no-such-resource': 'SCM.0221',
    quota: 'SCM.0225',
    forbidden: 'SCM.0222',
    unavailable: 'SCM.0223',
  },
};

/** The error of a push that a target did not do. */
export function pushFailed(service: TargetService, failure: TargetFailure): ServiceError {
  return scmError(codes[service][failure.kind], failure.text, { cause: failure });
}
