import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LocalAws } from '../../../src/local-aws';

/** IAM with SimulatePrincipalPolicy, which moto lacks: everything else goes on to moto. */
export interface Simulation extends AsyncDisposable {
  readonly endpoint: string;
  /** IAM's decisions by action, or by `<action> of <name of the role>`; all others are `allowed`. */
  decide(decisions: Readonly<Record<string, string>>): void;
}

export async function startSimulation(aws: LocalAws): Promise<Simulation> {
  let decisions: Readonly<Record<string, string>> = {};
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const form = new URLSearchParams(body);
    if (form.get('Action') === 'SimulatePrincipalPolicy') {
      response.end(evaluation(form, decisions));
      return;
    }
    // With the headers as they came, since they are signed.
    const onward = httpRequest(aws.endpoint, { method: 'POST', path: request.url, headers: request.headers }).end(body);
    const [passed] = (await once(onward, 'response')) as [IncomingMessage];
    response.writeHead(passed.statusCode ?? 500);
    passed.pipe(response);
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  aws.admitHost(host);
  return {
    endpoint: `http://${host}`,
    decide: (next) => (decisions = next),
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function evaluation(form: URLSearchParams, decisions: Readonly<Record<string, string>>): string {
  const actions = [...form].filter(([name]) => name.startsWith('ActionNames.member.')).map(([, action]) => action);
  const who = form.get('PolicySourceArn')?.split('/').at(-1) ?? '';
  const members = actions.map((action) => {
    const decided = decisions[`${action} of ${who}`] ?? decisions[action];
    const [decision = 'allowed', isWithoutContext] = decided?.split(', ') ?? [];
    const missing = isWithoutContext === undefined ? '' : '<member>aws:ResourceTag/owner</member>';
    return `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision><MissingContextValues>${missing}</MissingContextValues></member>`;
  });
  return `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><EvaluationResults>${members.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`;
}
