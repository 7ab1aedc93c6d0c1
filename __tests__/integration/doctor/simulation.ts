import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** IAM with SimulatePrincipalPolicy, which moto lacks: everything else goes on to moto. */
export interface Simulation extends AsyncDisposable {
  readonly endpoint: string;
  /** IAM's decisions by action, or by `<action> of <name of the role>`; all others are `allowed`. */
  decide(decisions: Readonly<Record<string, string>>): void;
}

export async function startSimulation(behind: string): Promise<Simulation> {
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
    const { authorization = '', 'content-type': type = '' } = request.headers;
    const passed = await fetch(behind, { method: 'POST', headers: { authorization, 'content-type': type }, body });
    response.writeHead(passed.status).end(await passed.text());
  };
  const server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
