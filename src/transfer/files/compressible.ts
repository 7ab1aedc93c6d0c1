import { gzipSync } from 'node:zlib';

const SAMPLE_BYTES = 1 << 18;
/** Below it the work is worth it. */
const WORTHWHILE = 0.9;
const COMPRESSED = /\.(7z|br|bz2|dump|gif|gz|heic|jar|jpe?g|lz4|m4a|mov|mp[34]|parquet|png|rar|tgz|webp|xz|zip|zst)$/i;

/** Judges by the first bytes whether a compressor makes something of the rest. */
export class Compressible {
  private readonly sample: Buffer[] = [];
  private bytes = 0;

  readonly look = (chunk: Buffer): void => {
    if (this.bytes >= SAMPLE_BYTES) return;
    this.sample.push(Buffer.from(chunk.subarray(0, SAMPLE_BYTES - this.bytes)));
    this.bytes += chunk.length;
  };

  get verdict(): boolean {
    const sample = Buffer.concat(this.sample);
    return sample.length > 0 && gzipSync(sample, { level: 1 }).length < sample.length * WORTHWHILE;
  }
}

/** The same by the name alone, where nobody has seen the bytes. */
export function looksCompressible(name: string): boolean {
  return !COMPRESSED.test(name);
}
