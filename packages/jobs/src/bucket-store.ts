import type { S3Client } from '@aws-sdk/client-s3';
import { CompileError, messageOf } from '@ghostc/ir';
import { loadPackage } from '@ghostc/runtimes';
import type { Store } from './store.ts';

type S3 = typeof import('@aws-sdk/client-s3');

interface Bucket {
  readonly s3: S3;
  readonly client: S3Client;
}

/**
 * A store in a bucket of Amazon S3, or of a server with its protocol: `s3://BUCKET` or `s3://BUCKET/PREFIX`. Region, credentials
 * and endpoint are those of the AWS command: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`, its files.
 */
export class BucketStore implements Store {
  readonly place: string;
  readonly #name: string;
  readonly #prefix: string;
  #bucket: Promise<Bucket> | undefined;

  constructor(place: string) {
    this.place = place;
    const [name = '', ...prefix] = place.replace('s3://', '').split('/').filter(Boolean);
    this.#name = name;
    this.#prefix = prefix.map((part) => `${part}/`).join('');
  }

  /** Throws `jobs/store`, `tool/missing`. */
  async get(name: string): Promise<Uint8Array | undefined> {
    const { s3, client } = await this.#open();
    try {
      const { Body } = await client.send(new s3.GetObjectCommand(this.#object(name)));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof s3.NoSuchKey) return undefined;
      throw this.#failed(error);
    }
  }

  /** Throws `jobs/store`, `tool/missing`. */
  async put(name: string, content: Uint8Array): Promise<void> {
    const { s3, client } = await this.#open();
    try {
      await client.send(new s3.PutObjectCommand({ ...this.#object(name), Body: content }));
    } catch (error) {
      throw this.#failed(error);
    }
  }

  #object(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#name, Key: `${this.#prefix}${name}` };
  }

  #open(): Promise<Bucket> {
    this.#bucket ??= openBucket();
    return this.#bucket;
  }

  #failed(error: unknown): CompileError {
    return new CompileError('jobs/store', `${this.place}: ${messageOf(error)}`);
  }
}

/** Servers other than Amazon's have no host name for each bucket. */
async function openBucket(): Promise<Bucket> {
  const s3 = await loadPackage<S3>('@aws-sdk/client-s3', 'a store in a bucket');
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  return {
    s3,
    client: new s3.S3Client({ forcePathStyle: Boolean(AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL) }),
  };
}
