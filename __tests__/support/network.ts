import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { LocalAws } from '../../src/local-aws';
import { endpointsOf, endpointVariables, type Listener, LISTENERS } from '../../src/local-aws/endpoints';

/** The network between one helper and AWS: the APIs and the data channels go through it, and it can be cut. */
export interface Network extends AsyncDisposable {
  /** In the place of those that name AWS's endpoints. */
  readonly variables: Readonly<Record<string, string>>;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  mend(): void;
  /** How many data channels have been opened through it. */
  channels(): number;
  /** The addresses of those that were asked for. */
  readonly upgrades: readonly string[];
  /** What calls of an action were answered with, by its name in JSON services: HTTP. */
  answers(action: string): readonly number[];
}

/** @param change what becomes of the signature of a data channel on its way */
export async function startNetwork(aws: LocalAws, change = (authorization: string) => authorization): Promise<Network> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const upgrades: string[] = [];
  const answers: { readonly action: string; readonly status: number }[] = [];
  const servers = new Map<Listener, Server>();
  const channelPorts = () => [new URL(aws.endpoints.ssmmessages).port, String(portOf(servers, 'ssmmessages'))] as const;
  for (const listener of LISTENERS) {
    const { port } = new URL(listener === 'general' ? aws.endpoint : aws.endpoints[listener]);
    const server = createServer((request, response) => {
      void forward(request, response, port, channelPorts).then((status) => {
        answers.push({ action: String(request.headers['x-amz-target']).replace(/^.*\./, ''), status });
      });
    });
    servers.set(listener, server);
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined); // such as our own cut
      if (isCut) socket.destroy();
    });
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      upgrades.push(request.url ?? '');
      const { authorization, ...headers } = request.headers;
      const signature = authorization === undefined ? {} : { authorization: change(authorization) };
      upgrade(request.url ?? '/', { ...headers, ...signature }, socket, head, Number(port));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    // The signature is for this address.
    aws.admitHost(`127.0.0.1:${portOf(servers, listener)}`);
  }
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    variables: endpointVariables(endpointsOf((listener) => portOf(servers, listener))),
    cut,
    mend: () => (isCut = false),
    channels: () => upgrades.length,
    upgrades,
    answers: (wanted) => answers.filter(({ action }) => action === wanted).map(({ status }) => status),
    [Symbol.asyncDispose]: async () => {
      cut();
      for (const server of servers.values()) {
        server.close();
        await once(server, 'close');
      }
    },
  };
}

function portOf(servers: ReadonlyMap<Listener, Server>, listener: Listener): number {
  return (servers.get(listener)?.address() as AddressInfo).port;
}

/** With the headers as they came, since they are signed. */
function upgrade(url: string, headers: IncomingHttpHeaders, socket: Socket, head: Buffer, port: number): void {
  const onward = connect(port, '127.0.0.1');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  onward.write(`GET ${url} HTTP/1.1\r\n${lines.join('')}\r\n`);
  onward.write(head);
  onward.pipe(socket).pipe(onward);
  onward.on('error', () => socket.destroy());
  socket.on('close', () => onward.destroy());
}

/** One call; the stream that an answer names leads through us as well. @returns the answer's status; 0: there was none */
async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  port: string,
  channelPorts: () => readonly [aws: string, own: string],
): Promise<number> {
  const onward = httpRequest({
    port,
    host: '127.0.0.1',
    method: request.method,
    path: request.url,
    headers: request.headers,
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
  const [answer] = (await once(onward, 'response').catch(() => [])) as [IncomingMessage?];
  if (answer === undefined) return 0;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    response.destroy();
    return 0;
  }
  const [theirs, own] = channelPorts();
  const body = Buffer.concat(chunks).toString().replaceAll(`ws://127.0.0.1:${theirs}/`, `ws://127.0.0.1:${own}/`);
  response.writeHead(answer.statusCode ?? 500, {
    ...answer.headers,
    'content-length': String(Buffer.byteLength(body)),
  });
  response.end(body);
  return answer.statusCode ?? 0;
}
