import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '../platform/errors.ts';
import {
  requestHashAlgorithms,
  requestKeyAlgorithms,
  requireSameFamily,
  requireSignatureAlgorithm,
} from './signature-algorithm.ts';

for (const key of requestKeyAlgorithms) {
  for (const hash of requestHashAlgorithms) {
    const fits = (key === 'SM2') === (hash === 'SM3');
    test(`${key} with ${hash} is ${fits ? 'possible' : 'refused (PCA.00020103)'}`, () => {
      if (fits) assert.equal(requireSignatureAlgorithm(key, hash).hash, hash);
      else {
        assert.throws(
          () => requireSignatureAlgorithm(key, hash),
          (error) => error instanceof ServiceError && error.code === 'PCA.00020103',
        );
      }
    });
  }
}

test('an SM2 key is certified by an SM2 key; others by any', () => {
  for (const signing of requestKeyAlgorithms) {
    requireSameFamily('EC256', signing);
    if (signing === 'SM2') requireSameFamily('SM2', signing);
    else assert.throws(() => requireSameFamily('SM2', signing), { code: 'PCA.00020102' });
  }
});
