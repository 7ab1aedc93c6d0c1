import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** An error as AWS's JSON services answer it. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

/** A call to us, with what its signature says of it. The signature has been verified. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The key that it is signed with. */
  readonly accessKeyId: string;
  readonly region: string;
  /** The service's name for signatures, such as `ecs`. */
  readonly service: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export type Json = Readonly<Record<string, unknown>>;

/** What moto reads of a signature. It verifies none: whoever reaches it may do everything. */
export function unverifiedSignature(accessKeyId: string, region: string, service: string): string {
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20200101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
}

/** Calls moto, in somebody's name or in our own. */
export class MotoClient {
  constructor(private readonly socketPath: string) {}

  /** Passes a request on and gives the answer back, whatever it is. */
  forward({
    method,
    path,
    headers,
    body,
  }: Pick<ApiRequest, 'method' | 'path' | 'headers' | 'body'>): Promise<ApiResponse> {
    // The body is whole by now, so its length is known.
    const { 'transfer-encoding': _chunked, ...rest } = headers;
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(
        {
          socketPath: this.socketPath,
          method,
          path,
          headers: { ...rest, 'content-length': String(body.length) },
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: Buffer.concat(chunks) });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }

  /** One call of a JSON service. @param target such as `AmazonEC2ContainerServiceV20141113.DescribeClusters` */
  async json(service: string, region: string, target: string, input: Json): Promise<Json> {
    const { status, body } = await this.forward({
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': target,
        authorization: unverifiedSignature('local', region, service),
      },
      body: Buffer.from(JSON.stringify(input)),
    });
    const answer = parseJson(body);
    if (status < 300) return answer;
    throw new AwsError(
      (text(answer.__type) ?? 'InternalFailure').replace(/^.*#/, ''),
      text(answer.message) ?? text(answer.Message) ?? '',
      status,
    );
  }
}

export function parseJson(body: Buffer): Json {
  const value: unknown = body.length === 0 ? {} : JSON.parse(body.toString());
  return record(value) ?? {};
}

export function record(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function records(value: unknown): Json[] {
  return list(value)
    .map(record)
    .filter((one) => one !== undefined);
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function texts(value: unknown): string[] {
  return list(value).flatMap((one) => text(one) ?? []);
}
