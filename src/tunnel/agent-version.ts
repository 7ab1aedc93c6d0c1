/** What agents came to know after a version: session-manager-plugin `src/config/config.go`. */
const LAST_WITHOUT_TERMINATION = '2.3.722.0';
const LAST_WITHOUT_STREAMS = '3.0.196.0';
const LAST_WITH_KEEP_ALIVE = '3.1.1511.0';
/** xtaci/smux's own interval. With it no session is ever idle, so newer agents do without. */
const KEEP_ALIVE_MS = 10_000;

/** Whether it ends a session at the flag TerminateSession. */
export function takesTermination(agentVersion: string): boolean {
  return isLater(agentVersion, LAST_WITHOUT_TERMINATION);
}

/** Whether it speaks smux; before, a session has one connection at a time, without frames. */
export function hasStreams(agentVersion: string): boolean {
  return isLater(agentVersion, LAST_WITHOUT_STREAMS);
}

/** How often it must hear something, in ms; it closes a session after half a minute of silence. Undefined: never. */
export function keepAliveMs(agentVersion: string): number | undefined {
  return isLater(agentVersion, LAST_WITH_KEEP_ALIVE) ? undefined : KEEP_ALIVE_MS;
}

/** Versions of different length are no later, as in session-manager-plugin `src/version/versionutil.go`. */
function isLater(version: string, than: string): boolean {
  const [parts, others] = [version, than].map((text) => text.split('.').map(Number));
  if (parts === undefined || others === undefined || parts.length !== others.length) return false;
  const at = parts.findIndex((part, index) => part !== others[index]);
  return at >= 0 && (parts[at] ?? 0) > (others[at] ?? 0);
}
