import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { DatabaseGreetingError, PostgresClientEnd } from '../../../src/tunnel/postgres-client-end';

/** NegotiateProtocolVersion ('v'): length 12, newest minor version, number of options. What follows is waited for. */
const NEGOTIATE = Buffer.from('760000000c0000000000000000', 'hex');
/** AuthenticationOk ('R'): length 8, code 0. */
const OK = Buffer.from('520000000800000000', 'hex');

it('holds back what comes ahead of the login, and passes on the rest', async () => {
  const secure = new PassThrough();
  const end = new PostgresClientEnd(secure);
  secure.write(NEGOTIATE);
  secure.write(OK);
  secure.end('rest');
  expect(await buffer(end)).toEqual(Buffer.concat([NEGOTIATE, OK, Buffer.from('rest')]));
});

it('holds back no more than a server may have to say, and ends the connection', async () => {
  const secure = new PassThrough();
  const end = new PostgresClientEnd(secure);
  const failed = once(end, 'error');
  end.resume();
  const piece = Buffer.concat(Array.from({ length: 1000 }, () => NEGOTIATE));
  for (let sent = 0; sent < 1_000_000 && !end.destroyed; sent += piece.length) {
    if (!secure.write(piece)) await Promise.race([once(secure, 'drain'), once(secure, 'close')]);
  }
  end.destroy(); // nobody waits for ever
  expect(await Promise.race([failed, once(end, 'close')])).toEqual([expect.any(DatabaseGreetingError)]);
  expect(secure.destroyed).toBe(true);
});
