import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';

/** How a server answers an upgrade that it does not accept. */
export interface Refusal {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks for a websocket, and expects not to get it. */
export async function refusedUpgrade(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Refusal> {
  const socket = new WebSocket(url, { perMessageDeflate: false, headers });
  socket.on('error', () => undefined); // of the handshake that does not come
  const opened = once(socket, 'open').then(() => {
    socket.terminate();
    throw new Error('the websocket was opened');
  });
  const answered = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
  const [, response] = await Promise.race([answered, opened]);
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() };
}
