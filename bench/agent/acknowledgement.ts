const TYPE_OFFSET = 4;
const ACKNOWLEDGE = 'acknowledge';

/** Told without reading the frame: the agent is to cost less than the client, or it would be measured instead. */
export function isAcknowledgement(frame: Buffer): boolean {
  return frame.toString('latin1', TYPE_OFFSET, TYPE_OFFSET + ACKNOWLEDGE.length) === ACKNOWLEDGE;
}
