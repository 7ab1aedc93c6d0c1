import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { decodeMessage } from '../../src/session/message';
import type { ChannelAccess } from '../../src/session/upgrade';

type Peer = 'client' | 'agent';

/** A data frame on its way; what is sent again is there again. */
export interface Passed {
  readonly from: Peer;
  readonly sequenceNumber: number;
}

/** Stands between clients and the service: keeps what passes, and closes connections as the service does. */
export interface Tap extends AsyncDisposable {
  /** Leads a session through the tap. */
  readonly access: ChannelAccess;
  readonly passed: readonly Passed[];
  /** Of each connection, in order. */
  readonly cellNumbers: readonly string[];
  /** Closes the connection when so many more data frames of a peer have passed; those behind them are lost. */
  closeAfter(from: Peer, frames: number): void;
}

export async function startTap(): Promise<Tap> {
  const passed: Passed[] = [];
  const cellNumbers: string[] = [];
  const targets = new Map<string, string>();
  let closing: { readonly from: Peer; frames: number } | undefined;
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });

  sockets.on('connection', (client: WebSocket, { url: path }) => {
    const url = path ?? '';
    cellNumbers.push(new URL(url, 'ws://tap').searchParams.get('cell-number') ?? '');
    const service = new WebSocket(targets.get(url) ?? '', { perMessageDeflate: false });
    const opened = once(service, 'open');
    const close = (): void => {
      for (const socket of [client, service]) socket.close(1000, 'Bye');
    };
    const pass = (from: Peer, to: WebSocket, data: Buffer, isBinary: boolean): void => {
      if (to.readyState !== WebSocket.OPEN) return;
      to.send(data, { binary: isBinary });
      if (!isBinary) return;
      const { messageType, sequenceNumber } = decodeMessage(data);
      if (!/^(in|out)put_stream_data$/.test(messageType)) return;
      passed.push({ from, sequenceNumber });
      if (closing?.from !== from) return;
      closing.frames -= 1;
      if (closing.frames > 0) return;
      closing = undefined;
      close();
    };
    client.on('message', (data: RawData, isBinary) => {
      void opened.then(() => {
        pass('client', service, data as Buffer, isBinary);
      }, close);
    });
    service.on('message', (data: RawData, isBinary) => {
      pass('agent', client, data as Buffer, isBinary);
    });
    for (const socket of [client, service]) socket.on('error', () => undefined); // 'close' follows
    client.on('close', () => {
      service.terminate();
    });
    service.on('close', () => {
      client.close(1000, 'Bye');
    });
  });

  return {
    access: {
      request: (streamUrl) => {
        const { pathname, search, href } = new URL(streamUrl);
        targets.set(pathname + search, href);
        return Promise.resolve({ url: `ws://127.0.0.1:${port}${pathname}${search}`, headers: {} });
      },
      refused: () => 'later',
    },
    passed,
    cellNumbers,
    closeAfter: (from, frames) => {
      closing = { from, frames };
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.clients) socket.terminate();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
