import { UserError } from '../errors';

/** The parameters of the session's document, as the agent tells them. */
export interface PortParameters {
  /** Empty: the container itself. */
  readonly host: string;
  readonly portNumber: string;
  /** The port to listen on here; empty or 0 is any. */
  readonly localPortNumber: string;
  /** LocalPortForwarding, or empty for a single stream of bytes (AWS-StartSSHSession). */
  readonly type: string;
}

/** The agent has not been able to connect; its own log says why. */
export class DestinationError extends UserError {
  constructor({ host, portNumber }: PortParameters) {
    super(
      `The container cannot connect to ${host === '' ? 'its own' : host} port ${portNumber}`,
      'Check host and port, and that the security groups let the bastion in',
    );
  }
}

/** What is no text, or not there, is empty. */
export function readParameters(properties: Readonly<Record<string, unknown>>): PortParameters {
  const text = (name: string): string => {
    const value = properties[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    host: text('host'),
    portNumber: text('portNumber'),
    localPortNumber: text('localPortNumber'),
    type: text('type'),
  };
}
