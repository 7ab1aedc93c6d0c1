import type { ApiResponse } from '../../../src/local-aws/aws-api';
import { Credentials, newOwnKey } from '../../../src/local-aws/signature/credentials';

const xml = (text: string, status = 200): ApiResponse => ({ status, headers: {}, body: Buffer.from(text) });
const form = (service: string, text: string) => ({ service, path: '/', body: Buffer.from(text) });

const TEMPORARY = `<Credentials>
  <AccessKeyId>ASIA1</AccessKeyId>
  <SecretAccessKey>secret/of+one</SecretAccessKey>
  <SessionToken>token/of+one==</SessionToken>
  <Expiration>2026-11-28T12:00:00Z</Expiration>
</Credentials>`;

const KEY = { accessKeyId: 'local', secretAccessKey: 'own' };

it('knows the key that every command is given', () => {
  expect(new Credentials(KEY).find('local')).toEqual({
    secretAccessKey: 'own',
    sessionToken: undefined,
    expiresAt: undefined,
  });
});

it.each([
  ['sts', 'AssumeRole'],
  ['sts', 'GetSessionToken'],
  ['sts', 'GetFederationToken'],
])('learns the temporary key of an answer: %s %s', (service, action) => {
  const credentials = new Credentials(KEY);
  credentials.learn(form(service, `Action=${action}&Version=2011-06-15`), xml(TEMPORARY));
  expect(credentials.find('ASIA1')).toEqual({
    secretAccessKey: 'secret/of+one',
    sessionToken: 'token/of+one==',
    expiresAt: Date.UTC(2026, 10, 28, 12),
  });
});

it('learns an access key of a user, which has no token and no end', () => {
  const credentials = new Credentials(KEY);
  const answer =
    '<AccessKey><AccessKeyId>AKIA1</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><UserName>ann</UserName></AccessKey>';
  credentials.learn(form('iam', 'Action=CreateAccessKey&UserName=ann'), xml(answer));
  expect(credentials.find('AKIA1')).toEqual({
    secretAccessKey: 'secret',
    sessionToken: undefined,
    expiresAt: undefined,
  });
});

it.each<[what: string, service: string, action: string, answer: ApiResponse]>([
  ['of an error', 'sts', 'AssumeRole', xml(TEMPORARY, 403)],
  ['of a call that gives out none', 'sts', 'GetCallerIdentity', xml(TEMPORARY)],
  ['of another service', 'ec2', 'AssumeRole', xml(TEMPORARY)],
  ['without a secret', 'sts', 'AssumeRole', xml('<AccessKeyId>ASIA1</AccessKeyId>')],
])('learns nothing from an answer %s', (_, service, action, answer) => {
  const credentials = new Credentials(KEY);
  credentials.learn(form(service, `Action=${action}`), answer);
  expect(credentials.find('ASIA1')).toBeUndefined();
});

it('gives temporary keys another end where it is told so', () => {
  const credentials = new Credentials(KEY);
  const answer = credentials.learn(form('sts', 'Action=AssumeRole'), xml(TEMPORARY), 60_000);
  const end = /<Expiration>([^<]*)</.exec(answer.body.toString())?.[1] ?? '';
  expect(credentials.find('ASIA1')?.expiresAt).toBe(Date.parse(end));
  expect(Math.abs(Date.parse(end) - Date.now() - 60_000)).toBeLessThan(10_000);
});

it('tells its own key from those that it has given out', () => {
  const credentials = new Credentials(KEY);
  credentials.learn(form('sts', 'Action=AssumeRole'), xml(TEMPORARY));
  expect(['local', 'ASIA1', 'unknown'].map((id) => credentials.isOwn(id))).toEqual([true, false, false]);
});

it('makes a key that nobody can guess, each time another', () => {
  const secrets = [newOwnKey(), newOwnKey()].map(({ secretAccessKey }) => secretAccessKey);
  expect(new Set(secrets).size).toBe(2);
  for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(30);
});
