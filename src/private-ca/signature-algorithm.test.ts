import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signatureAlgorithmFor } from '../pki/index.ts';
import {
  requestKeyAlgorithms,
  requestSignatureAlgorithms,
  requireSameFamily,
  requireSignatureAlgorithm,
  shownSignatureAlgorithm,
} from './signature-algorithm.ts';

const fitting: Record<(typeof requestKeyAlgorithms)[number], readonly string[]> = {
  RSA2048: ['SHA256', 'SHA384', 'SHA512'],
  RSA4096: ['SHA256', 'SHA384', 'SHA512'],
  EC256: ['SHA256', 'SHA384', 'SHA512'],
  EC384: ['SHA256', 'SHA384', 'SHA512'],
  SM2: ['SM3'],
  MLDSA44: ['MLDSA44'],
  MLDSA65: ['MLDSA65'],
  MLDSA87: ['MLDSA87'],
};

for (const key of requestKeyAlgorithms) {
  for (const asked of requestSignatureAlgorithms) {
    const fits = fitting[key].includes(asked);
    test(`${key} with ${asked} is ${fits ? 'possible, and shown so' : 'refused (PCA.00020103)'}`, () => {
      if (fits) assert.equal(shownSignatureAlgorithm(requireSignatureAlgorithm(key, asked)), asked);
      else {
        const message = new RegExp(`signing key, which is ${key}: use ${fitting[key][0]}`);
        assert.throws(() => requireSignatureAlgorithm(key, asked), { code: 'PCA.00020103', message });
      }
    });
  }
}

test('what a certificate from outside was signed with is shown by the name of the key where there is no hash', () => {
  assert.equal(shownSignatureAlgorithm(signatureAlgorithmFor('ED25519')), 'ED25519');
});

test('an SM2 key is certified by an SM2 key; others by any', () => {
  for (const signing of requestKeyAlgorithms) {
    requireSameFamily('EC256', signing);
    requireSameFamily('MLDSA65', signing);
    if (signing === 'SM2') requireSameFamily('SM2', signing);
    else assert.throws(() => requireSameFamily('SM2', signing), { code: 'PCA.00020102' });
  }
});
