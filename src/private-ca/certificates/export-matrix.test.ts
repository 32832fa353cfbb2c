import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExportCase, exportItems, type ServerType, serverTypes } from './export-matrix.ts';

const names = (asked: Omit<ExportCase, 'hasPassword'>, hasPassword = false) =>
  exportItems({ ...asked, hasPassword })
    ?.map(([name, content]) => `${name}=${content}`)
    .join(' ');

const international = { algorithm: 'international', smStandard: false } as const;

test('ZIP for an international algorithm, key generated here (reference 4.2.2.8)', () => {
  const zip = (type: ServerType, hasPassword = false) =>
    names({ ...international, compressed: true, keyOrigin: 'GENERATE', type }, hasPassword);
  assert.equal(zip('APACHE'), 'server.key=privateKey chain.crt=chain server.crt=certificate');
  assert.equal(zip('IIS'), 'keystorePass.txt=keystorePassword server.pfx=pfx');
  assert.equal(zip('IIS', true), 'server.pfx=pfx');
  assert.equal(zip('NGINX'), 'server.key=privateKey server.crt=certificateAndChain');
  assert.equal(zip('TOMCAT'), 'keystorePass.txt=keystorePassword server.jks=jks');
  assert.equal(zip('TOMCAT', true), 'server.jks=jks');
  assert.equal(zip('OTHER'), 'server.key=privateKey chain.pem=chain server.pem=certificate');
});

test('ZIP for an international algorithm, certificate issued with a CSR', () => {
  const zip = (type: ServerType) => names({ ...international, compressed: true, keyOrigin: 'CSR', type });
  for (const type of ['APACHE', 'IIS', 'TOMCAT'] as const) {
    assert.equal(zip(type), 'chain.crt=chain server.crt=certificate');
  }
  assert.equal(zip('NGINX'), 'server.crt=certificateAndChain');
  assert.equal(zip('OTHER'), 'chain.pem=chain cert.pem=certificate');
});

test('JSON for an international algorithm', () => {
  const json = (keyOrigin: 'GENERATE' | 'CSR', type: ServerType) =>
    names({ ...international, compressed: false, keyOrigin, type });
  for (const type of ['APACHE', 'NGINX', 'OTHER'] as const) {
    assert.equal(
      json('GENERATE', type),
      'certificate=certificate certificate_chain=chain private_key=privateKey',
    );
  }
  assert.equal(json('GENERATE', 'IIS'), undefined);
  assert.equal(json('GENERATE', 'TOMCAT'), undefined);
  for (const type of serverTypes) {
    assert.equal(json('CSR', type), 'certificate=certificate certificate_chain=chain');
  }
});

test('SM: only OTHER is defined', () => {
  for (const type of serverTypes.filter((each) => each !== 'OTHER')) {
    for (const compressed of [true, false]) {
      for (const smStandard of [true, false]) {
        for (const keyOrigin of ['GENERATE', 'CSR'] as const) {
          assert.equal(names({ algorithm: 'SM', compressed, smStandard, keyOrigin, type }), undefined);
        }
      }
    }
  }
});

test('SM: files and fields of OTHER', () => {
  const sm = (compressed: boolean, smStandard: boolean, keyOrigin: 'GENERATE' | 'CSR') =>
    names({ algorithm: 'SM', type: 'OTHER', compressed, smStandard, keyOrigin });
  assert.equal(
    sm(true, true, 'GENERATE'),
    'chain.pem=chain signCert.key=privateKey signCert.pem=certificate encSm2EnvelopedKey.key=envelopeGmt0009 ' +
      'signedAndEnvelopedData.key=envelopeGmt0010 encCert.pem=encCertificate',
  );
  assert.equal(
    sm(true, true, 'CSR'),
    'chain.pem=chain signCert.pem=certificate encSm2EnvelopedKey.key=envelopeGmt0009 ' +
      'signedAndEnvelopedData.key=envelopeGmt0010 encCert.pem=encCertificate',
  );
  assert.equal(
    sm(true, false, 'GENERATE'),
    'chain.pem=chain signCert.key=privateKey signCert.pem=certificate encCert.key=encPrivateKey encCert.pem=encCertificate',
  );
  assert.equal(
    sm(true, false, 'CSR'),
    'chain.pem=chain signCert.pem=certificate encCert.key=encPrivateKey encCert.pem=encCertificate',
  );
  assert.equal(
    sm(false, true, 'GENERATE'),
    'certificate_chain=chain certificate=certificate private_key=privateKey enc_certificate=encCertificate ' +
      'enc_sm2_enveloped_key=envelopeGmt0009 signed_and_enveloped_data=envelopeGmt0010',
  );
  assert.equal(
    sm(false, true, 'CSR'),
    'certificate_chain=chain certificate=certificate enc_certificate=encCertificate ' +
      'enc_sm2_enveloped_key=envelopeGmt0009 signed_and_enveloped_data=envelopeGmt0010',
  );
  assert.equal(
    sm(false, false, 'GENERATE'),
    'certificate_chain=chain certificate=certificate private_key=privateKey enc_certificate=encCertificate ' +
      'enc_private_key=encPrivateKey',
  );
  assert.equal(
    sm(false, false, 'CSR'),
    'certificate_chain=chain certificate=certificate enc_certificate=encCertificate enc_private_key=encPrivateKey',
  );
});
