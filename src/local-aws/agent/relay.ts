import { WebSocket } from 'ws';

/** Bytes on their way to a slow peer; above it the other is not read. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** What the agent says to the service, and not to the client. */
const AGENT_STATE = 'agent_session_state';

/**
 * Passes binary frames on as they are, after a delay that keeps their order. Frames for an absent peer are thrown away:
 * resending is the peers' work.
 */
export function relay(from: WebSocket, to: () => WebSocket | undefined, delayMs: number): void {
  from.on('message', (data: Buffer, isBinary) => {
    if (!isBinary || data.toString('latin1', 4, 36).startsWith(AGENT_STATE)) return;
    setTimeout(() => {
      const peer = to();
      if (peer?.readyState !== WebSocket.OPEN) return;
      peer.send(data, (error) => {
        // With an error the peer has gone, and the next one must not find the other held.
        if (from.isPaused && (error instanceof Error || peer.bufferedAmount <= MAX_WAITING_BYTES)) from.resume();
      });
      if (peer.bufferedAmount > MAX_WAITING_BYTES) from.pause();
    }, delayMs);
  });
}
