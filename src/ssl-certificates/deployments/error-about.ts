import { ServiceError } from '../../platform/errors.ts';
import { type ScmErrorCode, scmErrors } from '../errors.ts';

/** An error whose text has a place for what it is about, `{0}`. */
export function scmErrorAbout(code: ScmErrorCode, about: string): ServiceError {
  const definition = scmErrors[code];
  return new ServiceError('scm', { ...definition, message: definition.message.replace('{0}', () => about) });
}
