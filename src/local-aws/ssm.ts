import { AwsError, type Json, list, record, text } from './aws-api';
import type { Gateway, StartSessionRequest } from './gateway';
import type { Tasks } from './tasks';

const PREFIX = 'AmazonSSM.';

/** The session calls of Systems Manager. */
export class Ssm {
  constructor(
    private readonly gateway: Gateway,
    private readonly tasks: Tasks,
  ) {}

  /** The answer to a call, or undefined when it is moto's. */
  handle(target: string, input: Json): Json | undefined {
    const sessionId = text(input.SessionId) ?? '';
    switch (target) {
      case `${PREFIX}StartSession`:
        return this.startSession(input);
      case `${PREFIX}ResumeSession`:
        return this.resumeSession(sessionId);
      case `${PREFIX}TerminateSession`:
        if (!this.gateway.terminateSession(sessionId)) throw unknownSession(sessionId);
        return { SessionId: sessionId };
      case `${PREFIX}DescribeSessions`:
        return {
          Sessions: this.gateway.sessions().map((session) => ({
            SessionId: session.sessionId,
            Target: session.target,
            Status: 'Connected',
            StartDate: session.startedAt.getTime() / 1000,
          })),
        };
      default:
        return undefined;
    }
  }

  private resumeSession(sessionId: string): Json {
    switch (this.gateway.resumeFailure(sessionId)) {
      case 'timedOut':
        return { SessionId: sessionId };
      case 'unknown':
        throw unknownSession(sessionId);
      case 'internal':
        throw new AwsError('InternalServerError', 'An error occurred on the server side.', 500);
      case 'denied':
        throw new AwsError('AccessDeniedException', 'User is not authorized to perform: ssm:ResumeSession');
      case 'expired':
        throw new AwsError('ExpiredTokenException', 'The security token included in the request is expired');
      case undefined:
    }
    const ticket = this.gateway.resumeSession(sessionId);
    if (ticket === undefined) throw unknownSession(sessionId);
    return { SessionId: ticket.sessionId, TokenValue: ticket.tokenValue, StreamUrl: ticket.streamUrl };
  }

  private startSession(input: Json): Json {
    const target = text(input.Target) ?? '';
    const task = this.tasks.byTarget(target);
    if (task?.container === undefined || !task.connected || !task.options.enableExecuteCommand) {
      throw new AwsError('TargetNotConnected', `${target} is not connected.`);
    }
    const ticket = this.gateway.startSession({
      host: {
        target,
        environment: task.container.environment,
        workingDirectory: task.container.workingDirectory,
      },
      ...documentOf(input),
      idPrefix: 'local',
    });
    return { SessionId: ticket.sessionId, TokenValue: ticket.tokenValue, StreamUrl: ticket.streamUrl };
  }
}

/** What a session document asks for, of those that AWS brings along and that need no port. */
function documentOf(input: Json): Pick<StartSessionRequest, 'sessionType' | 'command' | 'parameters'> {
  const parameters = record(input.Parameters) ?? {};
  const [command, separateOutputStream = 'false'] = [parameters.command, parameters.separateOutputStream].map(
    (values) => text(list(values)[0]),
  );
  const document = text(input.DocumentName) ?? 'SSM-SessionManagerRunShell';
  switch (document) {
    case 'SSM-SessionManagerRunShell':
      return { sessionType: 'Standard_Stream' };
    case 'AWS-StartInteractiveCommand':
      return { sessionType: 'InteractiveCommands', command: command ?? '' };
    case 'AWS-StartNonInteractiveCommand':
      return { sessionType: 'NonInteractiveCommands', command: command ?? '', parameters: { separateOutputStream } };
    default:
      throw new AwsError('InvalidDocument', `Document with name ${document} does not exist.`);
  }
}

function unknownSession(sessionId: string): AwsError {
  return new AwsError('DoesNotExistException', `Session ${sessionId} does not exist`);
}
