import { AwsError, type Json, text } from './aws-api';
import type { DatabaseHost } from './databases';
import type { Faults } from './faults';
import type { Gateway } from './gateway';
import { sessionOf } from './session-documents';
import type { Tasks } from './tasks';

const PREFIX = 'AmazonSSM.';

/** The session calls of Systems Manager. */
export class Ssm {
  constructor(
    private readonly gateway: Gateway,
    private readonly tasks: Tasks,
    private readonly databases: DatabaseHost,
    private readonly faults: () => Faults,
  ) {}

  /** The answer to a call, or undefined when it is moto's. */
  async handle(target: string, input: Json, region: string): Promise<Json | undefined> {
    const sessionId = text(input.SessionId) ?? '';
    switch (target) {
      case `${PREFIX}StartSession`:
        return this.startSession(input, region);
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
    const answer = this.gateway.answerResume(sessionId);
    if (typeof answer !== 'string') {
      return { SessionId: answer.sessionId, TokenValue: answer.tokenValue, StreamUrl: answer.streamUrl };
    }
    switch (answer) {
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
    }
  }

  private async startSession(input: Json, region: string): Promise<Json> {
    const target = text(input.Target) ?? '';
    const task = this.tasks.byTarget(target);
    if (task?.container === undefined || !task.connected || !task.options.enableExecuteCommand) {
      throw new AwsError('TargetNotConnected', `${target} is not connected.`);
    }
    const { environment, workingDirectory } = task.container;
    const session = sessionOf(input);
    const { host = '', portNumber } = session.parameters;
    const ticket = this.gateway.startSession({
      host: { target, environment, workingDirectory },
      ...session,
      // The agent asks for the name once, when the session starts.
      addresses: await this.databases.addresses(host, Number(portNumber), this.faults()),
      idPrefix: 'local',
      region,
    });
    return { SessionId: ticket.sessionId, TokenValue: ticket.tokenValue, StreamUrl: ticket.streamUrl };
  }
}

function unknownSession(sessionId: string): AwsError {
  return new AwsError('DoesNotExistException', `Session ${sessionId} does not exist`);
}
