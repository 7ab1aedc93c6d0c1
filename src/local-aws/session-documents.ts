import { AwsError, type Json, list, record, text } from './aws-api';
import type { StartSessionRequest } from './gateway';

type DocumentSession = Required<Pick<StartSessionRequest, 'sessionType' | 'command' | 'parameters'>>;

/** A parameter of a document that AWS brings along. */
interface Parameter {
  readonly pattern: RegExp;
  readonly byDefault: string;
}

const PORT = /^([1-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/;
const PORT_OR_ANY = /^([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/;
const HOST = /^[^,$^&()!;'"<>`{}[\]|#=]{3,}$/;

const PORTS: Readonly<Record<string, Parameter>> = {
  portNumber: { pattern: PORT, byDefault: '80' },
  localPortNumber: { pattern: PORT_OR_ANY, byDefault: '0' },
};

/**
 * What StartSession's document and parameters ask for, of the documents that AWS brings along.
 * @throws AwsError InvalidDocument, InvalidParameters; what they say of a parameter is in our words
 */
export function sessionOf(input: Json): DocumentSession {
  const given = Object.fromEntries(
    Object.entries(record(input.Parameters) ?? {}).map(([name, values]) => [name, text(list(values)[0]) ?? '']),
  );
  const { command = '', separateOutputStream = 'false' } = given;
  const document = text(input.DocumentName) ?? 'SSM-SessionManagerRunShell';
  switch (document) {
    case 'SSM-SessionManagerRunShell':
      return { sessionType: 'Standard_Stream', command: '', parameters: {} };
    case 'AWS-StartInteractiveCommand':
      return { sessionType: 'InteractiveCommands', command, parameters: {} };
    case 'AWS-StartNonInteractiveCommand':
      return { sessionType: 'NonInteractiveCommands', command, parameters: { separateOutputStream } };
    case 'AWS-StartPortForwardingSession':
      return forwarding(given, PORTS);
    case 'AWS-StartPortForwardingSessionToRemoteHost':
      return forwarding(given, { ...PORTS, host: { pattern: HOST, byDefault: 'localhost' } });
    default:
      throw new AwsError('InvalidDocument', `Document with name ${document} does not exist.`);
  }
}

function forwarding(
  given: Readonly<Record<string, string>>,
  known: Readonly<Record<string, Parameter>>,
): DocumentSession {
  for (const name of Object.keys(given)) {
    if (!(name in known)) throw invalid(`Parameter ${name} is not in the document.`);
  }
  const parameters = Object.entries(known).map(([name, { pattern, byDefault }]) => {
    const value = given[name] ?? byDefault;
    if (!pattern.test(value)) throw invalid(`Parameter ${name} does not match the pattern ${pattern.source}`);
    return [name, value] as const;
  });
  return {
    sessionType: 'Port',
    command: '',
    parameters: { ...Object.fromEntries(parameters), type: 'LocalPortForwarding' },
  };
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameters', message);
}
