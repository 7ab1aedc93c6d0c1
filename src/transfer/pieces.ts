import type { ByteReader } from './byte-reader';
import { TransferError } from './error';
import { PIECE_BYTES, PIECE_HEADER_BYTES } from './source-script';

/**
 * Puts the pieces together that came over several streams in turn, by their numbers.
 * @throws TransferError when one is missing or not in its place
 */
export async function* piecesInOrder(streams: readonly ByteReader[]): AsyncGenerator<Buffer> {
  for (let number = 0; ; number += 1) {
    const stream = streams[number % streams.length];
    if (stream === undefined) throw new RangeError('there are no streams');
    const header = await stream.read(PIECE_HEADER_BYTES);
    if (header.toString('latin1') !== `${String(number).padStart(PIECE_HEADER_BYTES - 1, '0')}\n`) {
      throw new TransferError(`Piece ${number} of the transfer is missing`);
    }
    const piece = await stream.read(PIECE_BYTES);
    if (piece.length > 0) yield piece;
    if (piece.length < PIECE_BYTES) break;
  }
  for (const stream of streams) {
    // The rest of a piece that was the last one of all is nothing, or the number behind it.
    const rest = await stream.read(PIECE_HEADER_BYTES + 1);
    if (rest.length > PIECE_HEADER_BYTES) throw new TransferError('There is more than the last piece of the transfer');
  }
}
