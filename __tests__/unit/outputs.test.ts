import { UserError } from '../../src/errors';
import { parseOutputs, StackNotDeployedError } from '../../src/outputs';
import { REFERENCE_FILES, readReference } from '../support/reference';

const { outputs } = readReference(REFERENCE_FILES['one-off tasks']);
const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));

describe('outputs', () => {
  const expected = {
    bastionClusterName: 'aurora-bg-bastion-cluster',
    bastionTaskDefinitionFamily: 'aurora-bg-bastion',
    region: 'ap-northeast-1',
    privateSubnetIds: ['subnet-68dd93372cd13114a', 'subnet-8fc906062710875eb', 'subnet-846f22efe7df8d616'],
  };

  it('are read from terraform output -json', () => {
    expect(parseOutputs(JSON.stringify(outputs))).toMatchObject(expected);
  });

  it('are read from the file that cdktf deploy writes', () => {
    expect(parseOutputs(JSON.stringify({ 'aurora-bg': { outputs: values } }))).toMatchObject(expected);
  });

  it('are read where they stand under the stack alone', () => {
    expect(parseOutputs(JSON.stringify({ 'aurora-bg': values }))).toMatchObject(expected);
  });

  describe('of one stack among several', () => {
    const other = { ...values, bastion_cluster_name: 'other-bastion-cluster' };
    const both = JSON.stringify({ a: { outputs: values }, b: { outputs: other } });

    it('are those of the stack that is named', () => {
      expect(parseOutputs(both, 'a').bastionClusterName).toBe('aurora-bg-bastion-cluster');
      expect(parseOutputs(both, 'b').bastionClusterName).toBe('other-bastion-cluster');
    });

    it('are refused where none is named', () => {
      expect(() => parseOutputs(both)).toThrow(/several stacks: a, b/);
    });

    it('are refused where the named one is not there, also when there is but one', () => {
      expect(() => parseOutputs(both, 'c')).toThrow(/are those of a, b, not of c/);
      expect(() => parseOutputs(JSON.stringify({ a: values }), 'b')).toThrow(/are those of a, not of b/);
    });
  });

  it.each(['{}', '{"aurora-bg":{}}'])('%s means that the stack is not deployed', (json) => {
    expect(() => parseOutputs(json)).toThrow(StackNotDeployedError);
  });

  it.each<[string, string, RegExp]>([
    ['no JSON', 'oops', /not JSON/],
    ['a list', '[]', /are \[\], expected an object/],
    [
      'a missing output',
      JSON.stringify({ s: { ...values, bastion_security_group_id: undefined } }),
      /bastion_security_group_id is missing/,
    ],
    [
      'a wrong type',
      JSON.stringify({ s: { ...values, private_subnets: 'x' } }),
      /private_subnets is "x", expected a map/,
    ],
    ['no subnet', JSON.stringify({ s: { ...values, private_subnets: {} } }), /at least one subnet/],
    ['no ARN', JSON.stringify({ s: { ...values, bastion_task_definition_arn: 'x' } }), /expected an ARN/],
    ['two stacks', JSON.stringify({ a: values, b: values }), /several stacks: a, b/],
  ])('%s is refused with what came and what was expected', (_, json, message) => {
    expect(() => parseOutputs(json)).toThrow(UserError);
    expect(() => parseOutputs(json)).toThrow(message);
  });
});
