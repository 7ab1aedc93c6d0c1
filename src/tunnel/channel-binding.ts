/** The server's messages before a login (PostgreSQL protocol, "Message Formats"): type u8, length u32 BE with itself. */
const AUTHENTICATION = 0x52; // R
const NEGOTIATE_PROTOCOL_VERSION = 0x76; // v
const HEADER_LENGTH = 5;
/** AuthenticationSASL: code u32 BE 10, then names, each with a NUL behind it, and one NUL more. */
const SASL = 10;
const BOUND_TO_CHANNEL = '-PLUS';
/** An error may be longer, and is passed on as it comes. */
const MOST_LENGTH = 4_096;

/**
 * Takes the mechanisms that are bound to TLS out of the server's offer, for a client that has none: libpq ends a plain
 * connection whose server offers SCRAM-SHA-256-PLUS, since somebody might have stripped the TLS. The others it offers as
 * well; with them the client says that it binds to no channel, which is how it is.
 * @param bytes what the server has said since the connection began
 * @returns what the client is to hear; undefined: the offer is not all here yet
 */
export function withoutChannelBinding(bytes: Buffer): Buffer | undefined {
  let at = 0;
  for (;;) {
    const type = bytes[at];
    if (type === undefined) return undefined;
    if (type !== AUTHENTICATION && type !== NEGOTIATE_PROTOCOL_VERSION) return bytes;
    if (bytes.length < at + HEADER_LENGTH) return undefined;
    const length = bytes.readUInt32BE(at + 1);
    if (length > MOST_LENGTH) return bytes;
    const end = at + 1 + length;
    if (bytes.length < end) return undefined;
    if (type === AUTHENTICATION) {
      return Buffer.concat([bytes.subarray(0, at), offer(bytes.subarray(at, end)), bytes.subarray(end)]);
    }
    at = end;
  }
}

function offer(message: Buffer): Buffer {
  const from = HEADER_LENGTH + 4;
  if (message.length < from || message.readUInt32BE(HEADER_LENGTH) !== SASL) return message;
  const names = message.toString('latin1', from).split('\0').filter(Boolean);
  const kept = names.filter((name) => !name.endsWith(BOUND_TO_CHANNEL));
  if (kept.length === 0) return message; // it is for the client to refuse
  const list = Buffer.from(`${kept.join('\0')}\0\0`, 'latin1');
  const head = Buffer.from(message.subarray(0, from));
  head.writeUInt32BE(from - 1 + list.length, 1);
  return Buffer.concat([head, list]);
}
