import { AwsError } from '../../../src/local-aws/aws-api';
import { type Addressed, errorAnswer } from '../../../src/local-aws/error-answer';
import { refusalOf } from '../../../src/local-aws/signature/refusal';

const FORM = Buffer.from('Action=GetCallerIdentity&Version=2011-06-15');
const NOTHING = Buffer.alloc(0);
const json: Addressed = {
  path: '/',
  headers: { 'x-amz-target': 'TrentService.ListKeys' },
  body: NOTHING,
  service: 'kms',
};
const query: Addressed = { path: '/', headers: {}, body: FORM, service: 'sts' };
const asked: Addressed = { path: '/?Action=ListUsers', headers: {}, body: NOTHING, service: 'iam' };
const ec2: Addressed = { path: '/', headers: {}, body: FORM, service: 'ec2' };
const s3: Addressed = { path: '/bucket/key', headers: {}, body: NOTHING, service: 's3' };
const rest: Addressed = { path: '/2015-03-31/functions', headers: {}, body: NOTHING, service: 'lambda' };

const UNSIGNED = 'MissingAuthenticationTokenException';
const UNKNOWN = 'UnrecognizedClientException';
const WRONG = 'InvalidSignatureException';
const EXPIRED = 'ExpiredTokenException';

/** As the protocols' errors are documented, and as the services answer. */
it.each<[call: string, request: Addressed, refused: string, status: number, code: string]>([
  ['JSON', json, UNSIGNED, 400, 'MissingAuthenticationTokenException'],
  ['JSON', json, UNKNOWN, 400, 'UnrecognizedClientException'],
  ['JSON', json, WRONG, 400, 'InvalidSignatureException'],
  ['JSON', json, EXPIRED, 400, 'ExpiredTokenException'],
  ['a form', query, UNSIGNED, 403, 'MissingAuthenticationToken'],
  ['a form', query, UNKNOWN, 403, 'InvalidClientTokenId'],
  ['a form', query, WRONG, 403, 'SignatureDoesNotMatch'],
  ['a form', query, EXPIRED, 403, 'ExpiredToken'],
  ['a query', asked, UNKNOWN, 403, 'InvalidClientTokenId'],
  ['EC2', ec2, UNKNOWN, 401, 'AuthFailure'],
  ['EC2', ec2, WRONG, 403, 'SignatureDoesNotMatch'],
  ['EC2', ec2, EXPIRED, 400, 'RequestExpired'],
  ['S3', s3, UNKNOWN, 403, 'InvalidAccessKeyId'],
  ['S3', s3, WRONG, 403, 'SignatureDoesNotMatch'],
  ['S3', s3, EXPIRED, 400, 'ExpiredToken'],
  ['REST', rest, UNSIGNED, 403, 'MissingAuthenticationTokenException'],
  ['REST', rest, UNKNOWN, 403, 'UnrecognizedClientException'],
])('%s: %# is told of %s', (call, request, refused, status, code) => {
  const answer = errorAnswer(request, refusalOf(request, new AwsError(refused, 'why <not>', 403)));
  const body = answer.body.toString();
  expect([call, answer.status]).toEqual([call, status]);
  if (call === 'JSON' || call === 'REST') {
    expect(answer.headers['x-amzn-errortype']).toBe(code);
    expect(JSON.parse(body)).toEqual({ __type: code, message: 'why <not>' });
  } else {
    expect(body).toContain(`<Code>${code}</Code>`);
    expect(body).not.toContain('<not>');
  }
});

it.each([
  ['a form', query, /^<ErrorResponse><Error><Type>Sender<\/Type><Code>/],
  ['EC2', ec2, /^<Response><Errors><Error><Code>/],
  ['S3', s3, /^<Error><Code>/],
])('%s has a form of its own', (_, request, form) => {
  const { body } = errorAnswer(request, refusalOf(request, new AwsError(WRONG, 'why', 403)));
  expect(body.toString()).toMatch(form);
});
