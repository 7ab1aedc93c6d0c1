/** First guess before anything was measured; amazon-ssm-agent and session-manager-plugin start with the same. */
const INITIAL_TIMEOUT_MS = 200;
const MAX_TIMEOUT_MS = 1000;
const MIN_VARIATION_MS = 10;

/** The retransmission timeout from measured round trips, after RFC 6298 with the agent's bounds. */
export class RoundTripTimer {
  private smoothedMs: number | undefined;
  private variationMs = 0;

  measured(roundTripMs: number): void {
    if (this.smoothedMs === undefined) {
      this.smoothedMs = roundTripMs;
      this.variationMs = roundTripMs / 2;
      return;
    }
    this.variationMs += (Math.abs(roundTripMs - this.smoothedMs) - this.variationMs) / 4;
    this.smoothedMs += (roundTripMs - this.smoothedMs) / 8;
  }

  /** How long to wait for an acknowledgement after this many resends, in ms: doubled each time, at most a second. */
  timeoutMs(resends: number): number {
    const first =
      this.smoothedMs === undefined
        ? INITIAL_TIMEOUT_MS
        : this.smoothedMs + Math.max(MIN_VARIATION_MS, 4 * this.variationMs);
    return Math.min(MAX_TIMEOUT_MS, first * 2 ** resends);
  }
}
