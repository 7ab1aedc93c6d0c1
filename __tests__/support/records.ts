import { createHash, randomBytes } from 'node:crypto';

const HEADER_LENGTH = 6;
const DIGEST_LENGTH = 32;

/** Sequence number u32, length u16, random bytes, SHA-256 of all before it: so nothing is lost, doubled or changed unseen. */
export function encodeRecord(sequenceNumber: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt32BE(sequenceNumber, 0);
  header.writeUInt16BE(length, 4);
  const record = Buffer.concat([header, randomBytes(length)]);
  return Buffer.concat([record, digest(record)]);
}

/** Takes records apart as they come in, and looks at each. */
export class RecordReader {
  /** How many have come. */
  records = 0;
  bytes = 0;
  private rest: Buffer = Buffer.alloc(0);

  /** @throws Error that says what is wrong, and where */
  take(chunk: Buffer): void {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      if (this.rest.length < HEADER_LENGTH) return;
      const end = HEADER_LENGTH + this.rest.readUInt16BE(4);
      if (this.rest.length < end + DIGEST_LENGTH) return;
      this.check(this.rest.subarray(0, end), this.rest.subarray(end, end + DIGEST_LENGTH));
      this.records += 1;
      this.bytes += end + DIGEST_LENGTH;
      this.rest = this.rest.subarray(end + DIGEST_LENGTH);
    }
  }

  private check(record: Buffer, digested: Buffer): void {
    const where = `at byte ${this.bytes}`;
    const sequenceNumber = record.readUInt32BE(0);
    if (sequenceNumber !== this.records) {
      throw new Error(`record ${sequenceNumber} came ${where}, expected ${this.records}`);
    }
    if (!digest(record).equals(digested)) throw new Error(`record ${sequenceNumber} came changed ${where}`);
  }
}

function digest(record: Buffer): Buffer {
  return createHash('sha256').update(record).digest();
}
