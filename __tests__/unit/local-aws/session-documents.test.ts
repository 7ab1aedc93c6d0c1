import { sessionOf } from '../../../src/local-aws/session-documents';

const TO_HOST = 'AWS-StartPortForwardingSessionToRemoteHost';
const TO_CONTAINER = 'AWS-StartPortForwardingSession';

const session = (DocumentName: string, parameters: Record<string, string>) =>
  sessionOf({
    DocumentName,
    Parameters: Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, [value]])),
  });

describe('the documents that forward ports', () => {
  it('name the destination, in the properties that the agent passes on', () => {
    const parameters = { host: 'db.example', portNumber: '5432', localPortNumber: '15432' };
    expect(session(TO_HOST, parameters)).toEqual({
      sessionType: 'Port',
      command: '',
      parameters: { ...parameters, type: 'LocalPortForwarding' },
    });
  });

  it('have defaults, and the one to the container no host', () => {
    const defaults = { portNumber: '80', localPortNumber: '0', type: 'LocalPortForwarding' };
    expect(session(TO_HOST, {}).parameters).toEqual({ ...defaults, host: 'localhost' });
    expect(session(TO_CONTAINER, {}).parameters).toEqual(defaults);
  });

  it.each([
    [TO_HOST, { portNumber: '0' }, 'portNumber'],
    [TO_HOST, { portNumber: '65536' }, 'portNumber'],
    [TO_HOST, { localPortNumber: 'any' }, 'localPortNumber'],
    [TO_HOST, { host: 'a;b' }, 'host'],
    [TO_CONTAINER, { host: 'db.example' }, 'host'],
  ])('%s refuses %j', (document, parameters, name) => {
    const refused = (): unknown => {
      try {
        return session(document, parameters);
      } catch (error) {
        return error;
      }
    };
    expect(refused()).toMatchObject({ code: 'InvalidParameters' });
    expect(refused()).toHaveProperty('message', expect.stringContaining(` ${name} `));
  });
});
