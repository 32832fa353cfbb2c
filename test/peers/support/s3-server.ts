import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { freePort } from '../../support/free-port.ts';
import { serve } from './programs.ts';

/** A real S3 service with a key pair whose secret has the characters that addresses need encoded. */
export interface S3Server {
  /** For OPENCCM_OBS_URL. */
  readonly address: string;
  /** As its operator does: a bucket, and anyone may read what is in one. */
  createBucket(bucket: string): Promise<void>;
  publish(bucket: string): Promise<void>;
  /** It is away, with what it holds, until it is resumed at the same address. */
  interrupt(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

const accessKey = 'peer';
const secretKey = 'se/cret+key%';
const readyWithinMs = 20_000;

export async function startS3Server(): Promise<S3Server> {
  const folder = await mkdtemp(join(tmpdir(), 'openccm-s3-'));
  const host = `127.0.0.1:${await freePort()}`;
  const env = { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey };
  const start = () => serve('versitygw', ['--port', host, 'posix', folder], { env });
  const ready = () => untilReady(`http://${host}/`, () => service.said());
  let service = start();
  const client = new S3Client({
    endpoint: `http://${host}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });
  const stop = async () => {
    client.destroy();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready();
  } catch (error) {
    await stop();
    throw error;
  }
  const keys = `${accessKey}:${encodeURIComponent(secretKey)}`;
  return {
    address: `s3://${keys}@${host}/?tls=0&path_style=1`,
    createBucket: async (bucket) => {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    },
    publish: async (bucket) => {
      const Policy = JSON.stringify(readableByAnyone(bucket));
      await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    },
    interrupt: () => service.stop(),
    resume: async () => {
      service = start();
      await ready();
    },
    stop,
  };
}

function readableByAnyone(bucket: string) {
  const Resource = `arn:aws:s3:::${bucket}/*`;
  const Statement = [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource }];
  return { Version: '2012-10-17', Statement };
}

async function untilReady(url: string, said: () => string): Promise<void> {
  for (const deadline = performance.now() + readyWithinMs; ; await sleep(50)) {
    // Any answer will do, also that the caller may not.
    const isReady = await fetch(url).then(
      (answer) => answer.arrayBuffer().then(() => true),
      () => false,
    );
    if (isReady) return;
    if (performance.now() > deadline) throw new Error(`versitygw does not answer:\n${said()}`);
  }
}
