import { UserError } from '../errors';
import { evaluateTemplate } from './expression';
import { type Fields, isFields, isList, type Value } from './value';

/** A resource of the configuration; one with `count` or `for_each` is still one. */
export interface Resource {
  /** `aws_subnet.public` */
  readonly address: string;
  readonly type: string;
  readonly attributes: Fields;
}

/** A synthesized stack, with every expression evaluated as far as the text alone tells. */
export interface Configuration {
  readonly resources: readonly Resource[];
  readonly ofType: (...types: readonly string[]) => readonly Resource[];
}

/** @param json the text of `cdk.tf.json`. @throws UserError, ProtocolError */
export function parseConfiguration(json: string): Configuration {
  const document = JSON.parse(json) as Value;
  if (document === null || !isFields(document)) {
    throw new UserError('The synthesized file is not an object', 'Synthesize again with `npx cdktf synth`');
  }
  const [variables, locals] = [section(document, 'variable'), section(document, 'locals')];
  const resolve = (reference: string): Value | undefined => {
    const [scope, name = '', ...rest] = reference.split('.');
    if (rest.length > 0) return undefined;
    if (scope === 'local' && name in locals) return evaluate(locals[name] ?? null);
    // As Terraform has it when nobody sets it; null says that there is no default.
    const declaration = scope === 'var' ? (variables[name] ?? null) : null;
    return (isFields(declaration) ? declaration.default : undefined) ?? undefined;
  };
  const evaluate = (value: Value): Value => {
    if (typeof value === 'string') return evaluateTemplate(value, resolve);
    if (isList(value)) return value.map(evaluate);
    return isFields(value)
      ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, evaluate(one)]))
      : value;
  };
  const resources = Object.entries(section(document, 'resource')).flatMap(([type, byName]) =>
    Object.entries(isFields(byName) ? byName : {}).map(([name, block]): Resource => {
      const attributes = evaluate(block);
      return { address: `${type}.${name}`, type, attributes: isFields(attributes) ? attributes : {} };
    }),
  );
  return { resources, ofType: (...types) => resources.filter(({ type }) => types.includes(type)) };
}

function section(document: Fields, name: string): Fields {
  const value = document[name] ?? null;
  return isFields(value) ? value : {};
}
