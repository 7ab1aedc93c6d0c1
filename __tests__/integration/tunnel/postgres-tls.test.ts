import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { DatabaseTlsError, postgresTls } from '../../../src/tunnel/postgres-tls';

let server: Server;
let answer: (socket: Socket, asked: Buffer) => void;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (asked) => {
      answer(socket, asked);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

const dial = (): Socket => connect((server.address() as AddressInfo).port, '127.0.0.1');
const speak = (connection: Socket, limitMs = 30_000): ReturnType<typeof postgresTls> =>
  postgresTls(connection, { host: 'db.example', authorities: createSecureContext(), limitMs });

it('asks for TLS as PostgreSQL’s clients do', async () => {
  const asked = new Promise<string>((resolve) => {
    answer = (socket, bytes) => {
      resolve(bytes.toString('hex'));
      socket.end('N');
    };
  });
  await expect(speak(dial())).rejects.toThrow(DatabaseTlsError);
  expect(await asked).toBe('0000000804d2162f'); // length 8, code 80877103
});

it.each<[string, (socket: Socket) => void, string]>([
  ['speaks none', (socket) => socket.write('N'), 'No connection to db.example: it speaks no TLS'],
  ['says what no server says', (socket) => socket.write('E…'), 'No connection to db.example: it speaks no TLS'],
  [
    'says more ahead of it',
    (socket) => socket.write('SR'),
    'No connection to db.example: there is data ahead of its TLS',
  ],
  ['closes', (socket) => socket.end(), 'No connection to db.example: it has closed the connection'],
  ['speaks something else then', (socket) => socket.end('S'), 'No connection to db.example: its TLS is not trusted'],
])('refuses a server that %s, and closes the connection', async (_, says, message) => {
  answer = (socket, asked) => {
    if (asked.length === 8) says(socket);
  };
  const connection = dial();
  await expect(speak(connection)).rejects.toThrow(message);
  expect(connection.destroyed).toBe(true);
});

it('does not wait for ever', async () => {
  answer = () => undefined;
  const connection = dial();
  await expect(speak(connection, 100)).rejects.toThrow('No connection to db.example: it does not answer');
  expect(connection.destroyed).toBe(true);
});

it('fails as the connection does', async () => {
  const connection = dial();
  answer = () => connection.destroy(new Error('the session was lost'));
  await expect(speak(connection)).rejects.toThrow('the session was lost');
});
