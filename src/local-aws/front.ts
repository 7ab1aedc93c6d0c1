import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { UserError } from '../errors';
import {
  type ApiRequest,
  type ApiResponse,
  AwsError,
  type Json,
  type MotoClient,
  parseJson,
  signatureScope,
} from './aws-api';
import { errorAnswer, LostAnswer, withApiFaults } from './api-faults';
import type { Ecr } from './ecr';
import type { Ecs } from './ecs';
import { answersCalls, type Listener, LISTENERS } from './endpoints';
import type { Faults } from './faults';
import type { Gateway } from './gateway';
import { accessKeyOf } from './iam/caller';
import type { Enforcement } from './iam/enforcement';
import type { Rds } from './rds';
import type { Services } from './services';
import type { Credentials } from './signature/credentials';
import { expiredToken } from './signature/verifier';
import type { Ssm } from './ssm';
import { refuseUpgrade } from './upgrade-refusal';

export interface FrontOptions {
  readonly moto: MotoClient;
  readonly gateway: Gateway;
  readonly enforcement: Enforcement;
  /** Hears of the keys that STS and IAM give out. */
  readonly credentials: Credentials;
  readonly ecr: Ecr;
  readonly ecs: Ecs;
  readonly services: Services;
  readonly ssm: Ssm;
  readonly rds: Rds;
  readonly faults: () => Faults;
  /** `/_local/…`: what tests and our own command ask. */
  readonly control: (method: string, path: string, body: string) => Json | undefined;
}

const JSON_TYPE = 'application/x-amz-json-1.1';

/** The endpoints: our own calls are answered, everything else goes to moto. */
export class Front {
  private constructor(private readonly servers: ReadonlyMap<Listener, Server>) {}

  /** The gateway's URLs need a port, and the front needs the gateway: so it listens first and serves later. */
  static async listen(): Promise<Front> {
    const servers = new Map(LISTENERS.map((listener) => [listener, createServer()] as const));
    for (const server of servers.values()) {
      server.keepAliveTimeout = 60_000;
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    return new Front(servers);
  }

  port(listener: Listener): number {
    const address = this.servers.get(listener)?.address();
    if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
    return address.port;
  }

  serve(options: FrontOptions): void {
    for (const [listener, server] of this.servers) {
      server.on('request', (request, response) => {
        void respond(options, listener, request, response);
      });
      server.on('upgrade', (request, socket, head) => {
        const isTaken = listener === 'ssmmessages' && options.gateway.handleUpgrade(request, socket, head);
        if (!isTaken) refuseUpgrade(socket, 404);
      });
    }
  }

  async close(): Promise<void> {
    for (const server of this.servers.values()) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  }
}

async function respond(
  options: FrontOptions,
  listener: Listener,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: ApiResponse;
  try {
    answer = await dispatch(options, listener, await readRequest(request));
  } catch (error) {
    if (error instanceof LostAnswer) {
      request.socket.destroy();
      return;
    }
    answer = failure(error);
  }
  response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length) });
  response.end(answer.body);
}

async function dispatch(options: FrontOptions, listener: Listener, request: ApiRequest): Promise<ApiResponse> {
  const { path, body } = request;
  if (listener === 'general' && path.startsWith('/_local/')) {
    const answer = options.control(request.method, path, body.toString());
    return answer === undefined ? json({ message: 'not found' }, 404) : json(answer);
  }
  if (!answersCalls(listener, request.service)) return unknownOperation();
  if (options.credentials.hasEnded(accessKeyOf(request))) return errorAnswer(request, expiredToken());
  const faults = options.faults();
  return options.enforcement.guard(request, faults.policy, () =>
    withApiFaults(request, faults, () => serve(options, request)),
  );
}

async function serve(options: FrontOptions, request: ApiRequest): Promise<ApiResponse> {
  const { headers, body, region, service } = request;
  const target = String(headers['x-amz-target'] ?? '');
  if (service === 'ecs' || service === 'ssm') {
    const input = parseJson(body);
    const own = await (service === 'ecs'
      ? options.ecs.handle(target, input, region)
      : options.ssm.handle(target, input, region));
    if (own !== undefined) return json(own);
    const answer = plain(await options.moto.forward(request));
    return service === 'ecs' && answer.status < 300
      ? { ...answer, body: options.services.mend(target, input, answer.body, region) }
      : answer;
  }
  if (service === 'ecr') {
    const own = options.ecr.handle(target, parseJson(body), region);
    if (own !== undefined) return json(own);
  }
  const answered = plain(await options.moto.forward(request));
  const answer = options.credentials.learn(request, answered, options.faults().credentialsLastMs);
  return service === 'rds' ? options.rds.mend(request, answer) : answer;
}

async function readRequest(request: IncomingMessage): Promise<ApiRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    headers: request.headers,
    body: Buffer.concat(chunks),
    ...signatureScope(request.headers),
  };
}

/** The body is sent whole, so the headers about its transfer are ours. */
function plain(answer: ApiResponse): ApiResponse {
  const {
    'transfer-encoding': _encoding,
    'content-length': _length,
    connection: _connection,
    ...headers
  } = answer.headers;
  return { ...answer, headers };
}

/** As AWS answers a call that the endpoint does not know: without a message. */
function unknownOperation(): ApiResponse {
  const code = 'UnknownOperationException';
  const answer = json({ __type: code }, 400);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': code } };
}

function failure(error: unknown): ApiResponse {
  if (error instanceof AwsError) {
    const answer = json({ __type: error.code, message: error.message }, error.status);
    return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': error.code } };
  }
  if (error instanceof UserError) return json({ message: `${error.message}. ${error.remedy}` }, 400);
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(message);
  return json({ __type: 'InternalFailure', message }, 500);
}

function json(body: Json, status = 200): ApiResponse {
  return { status, headers: { 'content-type': JSON_TYPE }, body: Buffer.from(JSON.stringify(body)) };
}
