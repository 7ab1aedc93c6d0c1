import { UsageError } from '../../errors';
import type { SessionKind } from '../../session/handshake';
import type { SessionTicket } from '../../session/ticket';

/** What the AWS CLI asks its session-manager-plugin for. */
export type DropInCommand =
  | { readonly kind: 'about' }
  | { readonly kind: 'version' }
  | {
      readonly kind: 'session';
      readonly ticket: SessionTicket;
      readonly region: string;
      readonly profile: string | undefined;
      /** `ecs:<cluster>_<task id>_<runtime id>`, or an instance; empty when the caller did not say. */
      readonly target: string;
      /** What the session may turn out to be: its document tells, where it is known, and its handshake where not. */
      readonly accept: readonly SessionKind[];
      /** What the AWS CLI has called: Systems Manager, or ECS where the session is in a container. */
      readonly namedEndpoint: string | undefined;
    };

export type SessionCommand = Extract<DropInCommand, { kind: 'session' }>;

/** The AWS CLI names the variable with the ticket by this, alone or with a suffix. */
const TICKET_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE';
const OPERATION = 'StartSession';

/**
 * Reads `RESPONSE REGION StartSession [PROFILE [REQUEST [ENDPOINT]]]`, as the AWS CLI passes it; RESPONSE is JSON, or
 * names a variable that holds it.
 * @throws UsageError
 */
export function parseDropIn(argv: readonly string[], env: NodeJS.ProcessEnv): DropInCommand {
  const [response, region, operation, profile, request = '', endpoint] = argv;
  if (response === undefined) return { kind: 'about' };
  if (response === '--version' || response === 'version') return { kind: 'version' };
  if (region === undefined || operation === undefined) {
    throw new UsageError('A region and an operation are missing', 'This command is made for the AWS CLI to call');
  }
  if (operation !== OPERATION) {
    throw new UsageError(`There is no operation ${JSON.stringify(operation)}`, `Only ${OPERATION} is known`);
  }
  return {
    kind: 'session',
    ticket: readTicket(response.startsWith(TICKET_VARIABLE) ? (env[response] ?? '') : response),
    region,
    profile: nonEmpty(profile),
    ...readRequest(request),
    namedEndpoint: nonEmpty(endpoint),
  };
}

function readTicket(json: string): SessionTicket {
  const { sessionid: sessionId, tokenvalue: tokenValue, streamurl: streamUrl } = readObject(json, 'response');
  if (typeof sessionId !== 'string' || typeof tokenValue !== 'string' || typeof streamUrl !== 'string') {
    // The text may hold the token, so it is not shown.
    throw new UsageError('The response of StartSession has no SessionId, TokenValue and StreamUrl', '');
  }
  return { sessionId, tokenValue, streamUrl };
}

/** Documents that lead to a port: AWS's own. Others may too. */
const PORT_DOCUMENT = /^AWS-Start(PortForwardingSession|SSHSession)/;

function readRequest(json: string): { readonly target: string; readonly accept: readonly SessionKind[] } {
  if (json === '') return { target: '', accept: ['shell', 'port'] };
  const { target, documentname: document } = readObject(json, 'request');
  return { target: typeof target === 'string' ? target : '', accept: kindsOf(document) };
}

/** Without a document it is ECS's, or the account's own for a shell. */
function kindsOf(document: unknown): readonly SessionKind[] {
  if (typeof document !== 'string' || document === '') return ['shell'];
  return PORT_DOCUMENT.test(document) ? ['port'] : ['shell', 'port'];
}

/** ECS answers `sessionId` where Systems Manager answers `SessionId`, so keys are read in lower case. */
function readObject(json: string, what: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one as unknown]));
    }
  } catch {
    // The parser's words would show parts of a secret.
  }
  throw new UsageError(`The ${what} of StartSession is not JSON`, '');
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
