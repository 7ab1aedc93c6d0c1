/**
 * The official session-manager-plugin, by the version history in AWS's Systems Manager user guide as it stood in October
 * 2026. Whoever raises a version here raises the README's dated line too; a test compares them.
 */
export const OFFICIAL_CLIENT = {
  /** The newest release. */
  newest: '1.2.896.0',
  /** When it came out. */
  released: '2026-10-09',
  /** The least that AWS still promises to serve: the first to sign OpenDataChannel, of 2025-11-19. */
  minimum: '1.2.764.0',
} as const;

/**
 * What we say we are. The agent decides by it: a client above 1.1.70 gets smux, and above 1.2.331.0 smux without
 * keepalive (amazon-ssm-agent `agent/session/plugins/port/port.go`, `port_mux.go`).
 */
export const CLIENT_VERSION = OFFICIAL_CLIENT.newest;
