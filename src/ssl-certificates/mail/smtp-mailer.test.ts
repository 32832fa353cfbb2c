import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { Value } from 'typebox/value';
import { freePort } from '../../../test/support/free-port.ts';
import { selfSignedCredentials } from '../../../test/support/self-signed.ts';
import { StartRefused } from '../../platform/start-refused.ts';
import { type MailConfiguration, mailConfiguration } from './mail-configuration.ts';
import { createMailer } from './smtp-mailer.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  readonly text: string;
}

const mail = { to: 'admin@example.test', subject: 'Confirm 例子', text: 'Hello\r\nfrom here' };
const from = 'OpenCCM <pki@example.test>';

describe('mail by SMTP', () => {
  let received: Received[] = [];
  const servers: SMTPServer[] = [];
  let tls: { key: string; cert: string };
  let folder = '';
  let caFile = '';

  async function start(options: SMTPServerOptions): Promise<number> {
    const server = new SMTPServer({
      authOptional: true,
      ...tls,
      logger: false,
      onAuth: ({ username, password }, _session, callback) =>
        password === 'right' ? callback(null, { user: username }) : callback(new Error('wrong')),
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('nobody') ? new Error('no such mailbox') : null),
      onData: (stream, { envelope, user }, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          received.push({
            from: envelope.mailFrom ? envelope.mailFrom.address : '',
            to: envelope.rcptTo.map(({ address }) => address),
            user: typeof user === 'string' ? user : undefined,
            text: Buffer.concat(chunks).toString('utf8'),
          });
          callback();
        });
      },
      ...options,
    });
    server.on('error', () => {});
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.server.address() as AddressInfo).port;
  }

  const ports = { none: 0, starttls: 0, implicit: 0 };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openccm-mail-'));
    const { certificatePem: cert, keyPem: key } = await selfSignedCredentials('localhost');
    tls = { cert, key };
    caFile = join(folder, 'ca.pem');
    await writeFile(caFile, cert);
    ports.none = await start({ hideSTARTTLS: true });
    ports.starttls = await start({});
    ports.implicit = await start({ secure: true });
  });
  after(async () => {
    await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(resolve))));
    await rm(folder, { recursive: true });
  });
  beforeEach(() => {
    received = [];
  });

  function mailer(kind: keyof typeof ports, settings: Partial<MailConfiguration> = {}) {
    const configuration = { host: 'localhost', port: ports[kind], tls: kind, from, ...settings };
    assert.ok(Value.Check(mailConfiguration, configuration));
    return createMailer(configuration);
  }

  it('is handed to the server with sender, recipient, subject and text', async () => {
    await mailer('none').send(mail);
    assert.equal(received.length, 1);
    const [{ from: sender, to, text } = { from: '', to: [], text: '' }] = received;
    assert.deepEqual([sender, to], ['pki@example.test', ['admin@example.test']]);
    assert.match(text, /^From: OpenCCM <pki@example\.test>$/m);
    assert.match(text, /^To: admin@example\.test$/m);
    assert.match(text, /^Auto-Submitted: auto-generated$/m);
    assert.match(text, /^Subject: =\?UTF-8\?Q\?Confirm_=E4=BE=8B=E5=AD=90\?=$/m);
    assert.match(text, /Hello\r\nfrom here/);
  });

  it('is encrypted where that is set, and the password sent inside only', async () => {
    const passwordFile = join(folder, 'password');
    await writeFile(passwordFile, 'right\n');
    for (const kind of ['starttls', 'implicit'] as const) {
      const login = { user: 'ccm', password: { file: passwordFile }, ca_file: caFile };
      await mailer(kind, login).send(mail);
    }
    assert.deepEqual(
      received.map(({ user }) => user),
      ['ccm', 'ccm'],
    );
  });

  it('is not sent to a server that offers no TLS, that nobody vouches for, or that refuses the password', async () => {
    await assert.rejects(mailer('starttls', { port: ports.none }).send(mail));
    for (const kind of ['starttls', 'implicit'] as const) await assert.rejects(mailer(kind).send(mail));
    const wrong = mailer('implicit', { user: 'ccm', password: 'wrong-one', ca_file: caFile }).send(mail);
    await assert.rejects(wrong, (error: Error) => !String(error.stack).includes('wrong-one'));
    assert.deepEqual(received, []);
  });

  it('fails where the server is down or refuses the recipient', async () => {
    // Applicants are told, who are not to know where it is or what it says.
    await assert.rejects(mailer('none', { port: await freePort() }).send(mail), {
      code: 'ESOCKET',
      message: 'the mail server could not be used (ESOCKET)',
    });
    await assert.rejects(mailer('none').send({ ...mail, to: 'nobody@example.test' }), {
      responseCode: 550,
      message: 'the mail server answered 550',
    });
    assert.deepEqual(received, []);
  });

  it('goes to one address only, with no header but its own', async () => {
    for (const to of [
      'a@example.test,b@example.test',
      'a@example.test b@example.test',
      'a@example.test\r\nBcc: b@example.test',
      'a@example.test\nRCPT TO:<b@example.test>',
      'Name <a@example.test>',
      '"a"@example.test',
      'group:a@example.test;',
      'a@example.test\0',
      'a',
      '@example.test',
      '',
      `${'a'.repeat(250)}@example.test`,
    ])
      await assert.rejects(mailer('none').send({ ...mail, to }), /not one address/, to);
    for (const subject of ['a\r\nBcc: b@example.test', 'a\nb', 'a\rb', 'a\0'])
      await assert.rejects(mailer('none').send({ ...mail, subject }), /not one line/);
    assert.deepEqual(received, []);
  });

  it('does not read what its text points to', async () => {
    await mailer('none').send({ ...mail, text: caFile });
    assert.doesNotMatch(received[0]?.text ?? '', /BEGIN CERTIFICATE/);
  });

  it('is set up as the README shows', async () => {
    const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
    const [, example = ''] = /```json\n(.+?)```/s.exec(readme) ?? [];
    assert.ok(Value.Check(mailConfiguration, JSON.parse(example).mail));
  });

  it('stops the start where its settings cannot be', () => {
    const base = { host: 'localhost', from };
    for (const settings of [
      { ...base, user: 'ccm' },
      { ...base, password: 'right' },
      { ...base, user: 'ccm', password: 'right', tls: 'none' as const },
      { ...base, ca_file: join(folder, 'absent.pem') },
    ])
      assert.throws(() => createMailer(settings), StartRefused);
    for (const wrong of ['OpenCCM', 'a@b\r\nBcc: c@d', ''])
      assert.equal(Value.Check(mailConfiguration, { ...base, from: wrong }), false, wrong);
  });
});
