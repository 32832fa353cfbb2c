// Needs: BIND (named, dig, nsupdate), nginx, HAProxy, openssl, curl and the vendor's Python SDK (test/peers/install.sh).
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type MailServer, startMailServer } from '../support/mail-server.ts';
import { run } from './support/programs.ts';
import { hostName, type SslInstallation, startSslInstallation, zone } from './support/ssl-installation.ts';
import { apply, builtInRoots, buy } from './support/ssl-requests.ts';

const company = {
  company_name: 'Example Ltd',
  company_unit: 'PKI',
  company_province: 'Beijing',
  company_city: 'Beijing',
  country: 'CN',
};

describe('who applies shows that the name is his', () => {
  let mail: MailServer;
  let installation: SslInstallation;
  before(async () => {
    mail = await startMailServer();
    installation = await startSslInstallation({
      mail: { host: '127.0.0.1', port: mail.port, tls: 'none', from: `OpenCCM <pki@${zone}>` },
      notifications: { applicants: false },
      // Names that stand for this machine lead to what tests serve.
      outbound: { allow: ['127.0.0.1/32'] },
    });
  });
  after(async () => {
    await installation?.stop();
    await mail?.close();
  });

  const curl = (...args: string[]) =>
    run('curl', ['-sS', '--noproxy', '*', '--cacert', installation.server.caFile, ...args]);

  /** A file with the certificate of an issued one, as the API exports it. */
  async function exported(certificateId: string): Promise<string> {
    const { certificate } = await installation.sdk.call<{ certificate: string }>('export_certificate', {
      fields: { certificate_id: certificateId },
    });
    const file = join(installation.folder, `${certificateId}.pem`);
    await writeFile(file, certificate);
    return file;
  }

  it('by the link in a mail to the domain: to look at it changes nothing, to confirm it has the certificate issued', async () => {
    const id = await buy(installation, { cert_type: 'OV_SSL_CERT' });
    await apply(installation, id, { ...company, domain_method: 'EMAIL' });
    const message = await mail.next(({ to }) => to.includes(`admin@${hostName}`));
    const link = /https:\/\/\S+/.exec(message.text)?.[0] ?? assert.fail(message.text);
    assert.ok(link.startsWith(`${installation.server.httpsUrl}/scm/domain-validations/`), link);
    for (let looks = 0; looks < 2; looks += 1)
      assert.match(await curl('-f', link), new RegExp(`<form method="post">.*Confirm ${hostName}`));
    await delay(1_500);
    assert.equal((await installation.show(id)).status, 'CHECKING_DOMAIN');
    const stranger = await curl('-o', '/dev/null', '-w', '%{http_code}', '-X', 'POST', `${link}x`);
    assert.equal(stranger, '404');
    assert.match(await curl('-f', '-X', 'POST', link), /The domain is confirmed/);
    await installation.reach(id, 'ISSUED');
    const subject = await run('openssl', ['x509', '-in', await exported(id), '-noout', '-subject']);
    assert.match(subject, /O ?= ?Example Ltd/);
    assert.equal(mail.received.filter(({ to }) => to.includes(`admin@${hostName}`)).length, 1);
  });

  it('by a file that nginx serves at an IP address', async () => {
    const id = await buy(installation, { cert_type: 'OV_SSL_CERT' });
    await apply(installation, id, { ...company, domain: '127.0.0.1', domain_method: 'FILE' });
    const { authentification } = await installation.reach(id, 'CHECKING_DOMAIN');
    const [record] = authentification;
    assert.equal(record?.record_type, 'FILE');
    await delay(1_500);
    assert.equal((await installation.show(id)).status, 'CHECKING_DOMAIN');
    const file = join(installation.nginx.webRoot, record!.record_name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'something else');
    await delay(2_500);
    assert.equal((await installation.show(id)).status, 'CHECKING_DOMAIN');
    await writeFile(file, record!.record_value);
    await installation.reach(id, 'ISSUED');
    const [leaf, roots] = [await exported(id), await builtInRoots(installation)];
    const { certificate_chain: chain } = await installation.sdk.call<{ certificate_chain: string }>(
      'export_certificate',
      { fields: { certificate_id: id } },
    );
    const untrusted = join(installation.folder, 'chain.pem');
    await writeFile(untrusted, chain);
    const verify = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1'];
    await run('openssl', [...verify, '-CAfile', roots, '-untrusted', untrusted, leaf]);
  });
});
