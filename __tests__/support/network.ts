import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** The network between one helper and AWS: the APIs and the data channels go through it, and it can be cut. */
export interface Network extends AsyncDisposable {
  /** In the place of AWS's endpoint. */
  readonly endpoint: string;
  /** Ends every connection and refuses new ones. */
  cut(): void;
  mend(): void;
  /** How many data channels have been opened through it. */
  channels(): number;
}

export async function startNetwork(endpoint: string): Promise<Network> {
  const { port } = new URL(endpoint);
  const sockets = new Set<Socket>();
  let isCut = false;
  let channels = 0;
  const server = createServer((request, response) => {
    void forward(request, response, port, () => (server.address() as AddressInfo).port);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined); // such as our own cut
    if (isCut) socket.destroy();
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    channels += 1;
    const onward = connect(Number(port), '127.0.0.1');
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    onward.write(`GET ${request.url ?? '/'} HTTP/1.1\r\n${headers.join('')}\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    mend: () => (isCut = false),
    channels: () => channels,
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One call; the stream that an answer names leads through us as well. */
async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  port: string,
  ownPort: () => number,
): Promise<void> {
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
  if (answer === undefined) return;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch {
    response.destroy();
    return;
  }
  const body = Buffer.concat(chunks).toString().replaceAll(`ws://127.0.0.1:${port}/`, `ws://127.0.0.1:${ownPort()}/`);
  response.writeHead(answer.statusCode ?? 500, {
    ...answer.headers,
    'content-length': String(Buffer.byteLength(body)),
  });
  response.end(body);
}
