/** A slow line makes up for what a late timer has missed, but for no more. */
const BURST_MS = 20;

/** A network that lets so many bytes a second through. The caller owns the clock. */
export class Line {
  /** What it would take at once; negative while it is still busy. */
  private freeBytes = 0;
  private lookedAt = 0;

  /** How long it is still busy with what it has been given; a rate of 0 is no limit. */
  busyMs(bytesPerSecond: number, now: number): number {
    const bytesPerMs = bytesPerSecond / 1000;
    const earned = this.freeBytes + bytesPerMs * (now - this.lookedAt);
    this.freeBytes = bytesPerMs === 0 ? 0 : Math.min(earned, bytesPerMs * BURST_MS);
    this.lookedAt = now;
    return this.freeBytes >= 0 ? 0 : -this.freeBytes / bytesPerMs;
  }

  give(bytes: number): void {
    this.freeBytes -= bytes;
  }
}
