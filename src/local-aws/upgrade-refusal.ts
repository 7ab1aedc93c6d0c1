import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AwsError } from './aws-api';

const FORBIDDEN = 403;

/** Answers an upgrade with a status and nothing more, and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: 403 | 404 | 500 | 503): void {
  answer(socket, status, {}, '');
}

/**
 * Says why whoever asks for a data channel may not have one. What the real service answers here is not documented
 * (open): these are the codes and words that AWS's services use for signed calls, in the form of their JSON protocol.
 */
export function forbidUpgrade(socket: Duplex, { code, message }: AwsError): void {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': code };
  answer(socket, FORBIDDEN, headers, JSON.stringify({ message }));
}

function answer(socket: Duplex, status: number, headers: Readonly<Record<string, string>>, body: string): void {
  const all = {
    ...headers,
    date: new Date().toUTCString(),
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  // A peer that does not close its own end must not keep the server from closing.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}
