import { withoutChannelBinding } from '../../../src/tunnel/channel-binding';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const text = (plain: string): string => Buffer.from(plain, 'latin1').toString('hex');

// PostgreSQL protocol, "Message Formats": 'R', length, 10, then names.
const PLUS = text('SCRAM-SHA-256-PLUS\0');
const SCRAM = text('SCRAM-SHA-256\0');
const BOTH = hex(`52 0000002a 0000000a ${PLUS} ${SCRAM} 00`);
const ONE = hex(`52 00000017 0000000a ${SCRAM} 00`);
/** 'v', length, newest minor version, number of options. */
const NEGOTIATE = hex('76 0000000c 00000000 00000000');

it('takes out what is bound to TLS, and leaves what is not', () => {
  expect(withoutChannelBinding(BOTH)).toEqual(ONE);
  expect(withoutChannelBinding(ONE)).toEqual(ONE);
});

it('finds the offer behind a negotiation of the version, and leaves what follows', () => {
  expect(withoutChannelBinding(Buffer.concat([NEGOTIATE, BOTH, hex('00ff')]))).toEqual(
    Buffer.concat([NEGOTIATE, ONE, hex('00ff')]),
  );
});

it('waits until the offer is all there', () => {
  const all = Buffer.concat([NEGOTIATE, BOTH]);
  for (let length = 0; length < all.length; length += 1) {
    expect(withoutChannelBinding(all.subarray(0, length))).toBeUndefined();
  }
});

it.each([
  ['the demand for a password in clear', hex('52 00000008 00000003')],
  ['that for MD5', hex('52 0000000c 00000005 01020304')],
  ['that there is nothing to log in with', hex('52 00000008 00000000')],
  ['an error', hex(`45 0000000a ${text('SFATAL')}`)],
  ['an offer of nothing else', hex(`52 0000001c 0000000a ${PLUS} 00`)],
  ['a message of an absurd length', hex('52 7fffffff 0000000a')],
  ['a message without a code', hex('52 00000004')],
])('passes on %s', (_, bytes) => {
  expect(withoutChannelBinding(bytes)).toEqual(bytes);
});
