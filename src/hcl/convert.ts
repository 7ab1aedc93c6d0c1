import { UserError } from '../errors';
import { asList, isObject, type Json, type JsonObject } from '../review/json';
import { isBlock } from './blocks';
import { blockOf, type Shape } from './body';
import { constantOf } from './value';

/** Something in the synthesized file that is not written as HCL here. */
export class UnsupportedError extends UserError {
  constructor(what: string) {
    super(`${what} is not written as HCL yet`, 'Add it to src/hcl/convert.ts');
  }
}

/**
 * A synthesized stack in Terraform's own language: the same configuration, in the order that people read it.
 * Not formatted; `terraform fmt` does that. Comments (`//`) stay behind.
 * @param text of a `cdk.tf.json`
 * @throws UnsupportedError, UnknownBlockError
 */
export function toHcl(text: string): string {
  const file = objectOf(JSON.parse(text) as Json);
  for (const key of Object.keys(file)) if (key !== '//' && !(key in SECTIONS)) throw new UnsupportedError(key);
  const blocks = Object.entries(SECTIONS).flatMap(([key, write]) => (file[key] === undefined ? [] : write(file[key])));
  return `${blocks.join('\n\n')}\n`;
}

const SECTIONS: Readonly<Record<string, (section: Json) => readonly string[]>> = {
  terraform: (section) => asList(section).map((one) => terraform(objectOf(one))),
  provider: (section) => labelled('provider', section, resourceShape('provider')),
  variable: (section) => labelled('variable', section, variableShape),
  locals: (section) => asList(section).map((one) => blockOf('locals', objectOf(one), () => 'value')),
  data: (section) => ofTypes('data', section, 'data.'),
  resource: (section) => ofTypes('resource', section, ''),
  output: (section) => labelled('output', section, outputShape),
  moved: (section) => asList(section).map((one) => blockOf('moved', objectOf(one), () => 'bare')),
};

function terraform(settings: JsonObject): string {
  const { backend, required_providers: providers, ...rest } = settings;
  for (const [key, value] of Object.entries(rest)) if (isObject(value)) throw new UnsupportedError(`terraform.${key}`);
  const blocks = [
    ...Object.entries(rest).map(([key, value]) => `${key} = ${constantOf(value)}`),
    ...(backend === undefined ? [] : labelled('backend', backend, () => 'constant')),
    ...asList(providers).map((one) => blockOf('required_providers', objectOf(one), () => 'constant')),
  ];
  return `terraform {\n${blocks.join('\n\n')}\n}`;
}

function ofTypes(keyword: string, section: Json, prefix: string): readonly string[] {
  return Object.entries(objectOf(section)).flatMap(([type, byName]) =>
    labelled(`${keyword} ${JSON.stringify(type)}`, byName, resourceShape(prefix + type)),
  );
}

/** A block for each name; several where a provider is configured more than once. */
function labelled(header: string, byName: Json, shape: Shape): readonly string[] {
  return Object.entries(objectOf(byName)).flatMap(([name, blocks]) =>
    asList(blocks).map((one) => blockOf(`${header} ${JSON.stringify(name)}`, objectOf(one), shape)),
  );
}

const resourceShape =
  (path: string): Shape =>
  (name, value) => {
    if (name === 'depends_on' || name === 'provider') return 'bare';
    if (name === 'lifecycle') return lifecycleShape;
    if (name === 'provisioner' || name === 'connection' || name === 'dynamic') throw new UnsupportedError(name);
    return isBlock(`${path}.${name}`, value) ? resourceShape(`${path}.${name}`) : 'value';
  };

const lifecycleShape: Shape = (name) => {
  if (name === 'ignore_changes' || name === 'replace_triggered_by') return 'bare';
  return name === 'precondition' || name === 'postcondition' ? () => 'value' : 'value';
};

const variableShape: Shape = (name) => {
  if (name === 'type') return 'bare';
  return name === 'validation' ? () => 'value' : 'constant';
};

const outputShape: Shape = (name) => {
  if (name === 'depends_on') return 'bare';
  if (name === 'precondition') return () => 'value';
  return name === 'value' ? 'value' : 'constant';
};

function objectOf(value: Json): JsonObject {
  return isObject(value) ? value : {};
}
