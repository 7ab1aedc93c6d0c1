import type { ApiRequest, ApiResponse, AwsError } from './aws-api';

/** How a service and its clients speak: JSON with the operation in a header or in the path, forms, and two ways of XML. */
export type Protocol = 'json' | 'rest-json' | 'query' | 'ec2' | 's3';

/** A call of which the signature may be missing. */
export type Addressed = Pick<ApiRequest, 'path' | 'headers' | 'body' | 'service'>;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

export function protocolOf({ path, headers, body, service }: Addressed): Protocol {
  if (service === 'ec2' || service === 's3') return service;
  if (typeof headers['x-amz-target'] === 'string') return 'json';
  const forms = [body.toString(), path.split('?')[1] ?? ''];
  return forms.some((form) => new URLSearchParams(form).has('Action')) ? 'query' : 'rest-json';
}

/** An error as the service writes it. */
export function errorAnswer(request: Addressed, { code, message, status }: AwsError): ApiResponse {
  const protocol = protocolOf(request);
  switch (protocol) {
    case 'json':
    case 'rest-json':
      return {
        status,
        headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
        body: Buffer.from(JSON.stringify({ __type: code, message })),
      };
    case 'ec2':
    case 'query':
    case 's3': {
      const escaped = message.replaceAll(/[&<>]/g, (one) => ENTITIES[one] ?? one);
      const xml = inXml(protocol, `<Code>${code}</Code><Message>${escaped}</Message>`);
      return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(xml) };
    }
  }
}

function inXml(protocol: 'ec2' | 'query' | 's3', error: string): string {
  switch (protocol) {
    case 'ec2':
      return `<Response><Errors><Error>${error}</Error></Errors><RequestID>local</RequestID></Response>`;
    case 'query':
      return `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>local</RequestId></ErrorResponse>`;
    case 's3':
      return `<Error>${error}<RequestId>local</RequestId></Error>`;
  }
}
