import { SessionRefusedError } from '../../session/session';
import { NoMorePortsError } from '../../tunnel/port-pool';

/** The agent forwards to no address by which a machine reaches its own services. */
export class ForbiddenHostError extends NoMorePortsError {
  constructor(host: string, options: ErrorOptions) {
    super(
      `The agent may not forward to ${host}: loopback, instance metadata, credentials, DNS and time are forbidden to it`,
      'A port of the task itself is --remote localhost:PORT',
      options,
    );
  }
}

/** The agent's own words, of a host that it has resolved (amazon-ssm-agent `agent/session/plugins/port/port.go`). */
const FORBIDDEN = /^Forwarding to IP address .* is forbidden/;

/** The same error, or what the agent means by it. @param host as it was asked for */
export function explainForbidden(error: Error, host: string): Error {
  const isForbidden = error instanceof SessionRefusedError && FORBIDDEN.test(error.reason);
  return isForbidden ? new ForbiddenHostError(host, { cause: error }) : error;
}
