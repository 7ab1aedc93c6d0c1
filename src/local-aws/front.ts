import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { LostAnswer } from './api-faults';
import { type ApiRequest, type ApiResponse, AwsError } from './aws-api';
import { dispatch, type DispatchOptions, failure } from './dispatch';
import { type Listener, LISTENERS } from './endpoints';
import { errorAnswer } from './error-answer';
import { isForeign, refuseForeign } from './foreign';
import type { Gateway } from './gateway';
import { refusalOf } from './signature/refusal';
import { readSignature } from './signature/signature';
import type { SignatureVerifier } from './signature/verifier';
import { refuseUpgrade } from './upgrade-refusal';

export interface FrontOptions extends DispatchOptions {
  readonly gateway: Gateway;
  readonly verifier: SignatureVerifier;
}

/** The endpoints: whoever asks for anything shows that he has a key of this AWS. */
export class Front {
  private readonly otherHosts = new Set<string>();

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

  /** @param host `host:port` of what leads here, in the `Host` of its requests */
  admit(host: string): void {
    this.otherHosts.add(host);
  }

  serve(options: FrontOptions): void {
    for (const [listener, server] of this.servers) {
      const own = ['127.0.0.1', 'localhost'].map((name) => `${name}:${this.port(listener)}`);
      const isOurs = (host: string): boolean => own.includes(host) || this.otherHosts.has(host);
      server.on('request', (request, response) => {
        if (isForeign(request, isOurs)) refuseForeign(response);
        else void respond(options, listener, request, response);
      });
      server.on('upgrade', (request, socket, head) => {
        if (isForeign(request, isOurs)) {
          refuseUpgrade(socket, 403);
          return;
        }
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
    const call = signedBy(options.verifier, request, await readBody(request));
    answer = 'status' in call ? call : await dispatch(options, listener, call);
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

/** @returns the call with what its signature says; or, where that is not right, the answer */
function signedBy(verifier: SignatureVerifier, request: IncomingMessage, body: Buffer): ApiRequest | ApiResponse {
  const { method = 'GET', url = '/', headers, headersDistinct } = request;
  const signable = { method, url, headers: headersDistinct, body };
  try {
    const { accessKeyId, scope } = verifier.verify(signable);
    return { method, path: url, headers, body, accessKeyId, region: scope.region, service: scope.service };
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const said = readSignature(signable);
    const service = typeof said === 'object' ? said.scope.service : '';
    const addressed = { path: url, headers, body, service };
    return errorAnswer(addressed, refusalOf(addressed, error));
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
