import { UnknownBlockError } from '../../../src/hcl/blocks';
import { toHcl, UnsupportedError } from '../../../src/hcl/convert';
import type { Json } from '../../../src/review/json';

const hcl = (file: Json): string => toHcl(JSON.stringify(file));

it('has the sections in the order that people read them, and no comments', () => {
  const file = {
    '//': { metadata: {} },
    moved: [{ from: 'module.a.aws_vpc.main', to: 'aws_vpc.main' }],
    output: { id: { description: 'Of ${x}', value: '${aws_vpc.main.id}' } },
    resource: { aws_vpc: { main: {} } },
    locals: { a: '${var.b}' },
    variable: { b: { type: 'string', default: '${c}', validation: [{ condition: '${var.b != ""}' }] } },
    provider: { aws: [{ region: '${var.b}' }, { alias: 'two' }] },
    terraform: {
      required_version: '>= 1',
      backend: { s3: { key: 'k' } },
      required_providers: { aws: { source: 'aws' } },
    },
  };
  expect(hcl(file).replaceAll('\n\n', '\n')).toBe(`terraform {
required_version = ">= 1"
backend "s3" {
key = "k"
}
required_providers {
aws = {
source = "aws"
}
}
}
provider "aws" {
region = var.b
}
provider "aws" {
alias = "two"
}
variable "b" {
type = string
default = "$\${c}"
validation {
condition = var.b != ""
}
}
locals {
a = var.b
}
resource "aws_vpc" "main" {}
output "id" {
description = "Of $\${x}"
value = aws_vpc.main.id
}
moved {
from = module.a.aws_vpc.main
to = aws_vpc.main
}
`);
});

it('writes blocks of resources as the provider has them, what rules them first and last', () => {
  const service = {
    depends_on: ['aws_x.y'],
    lifecycle: { ignore_changes: ['desired_count'], precondition: [{ condition: '${var.a}', error_message: 'm' }] },
    name: 'n',
    network_configuration: [{ subnets: ['${aws_subnet.a.id}'] }],
    tags: { a: 'b' },
    count: 2,
    provider: 'aws.two',
  };
  expect(hcl({ resource: { aws_ecs_service: { s: service } } })).toBe(`resource "aws_ecs_service" "s" {
count = 2

provider = aws.two

name = "n"
tags = {
a = "b"
}

network_configuration {
subnets = [aws_subnet.a.id]
}

depends_on = [aws_x.y]

lifecycle {
ignore_changes = [desired_count]

precondition {
condition = var.a
error_message = "m"
}
}
}
`);
});

it.each<[Json, RegExp]>([
  [{ module: {} }, /^module is/],
  [{ terraform: { cloud: {} } }, /^terraform\.cloud is/],
  [{ resource: { aws_x: { y: { provisioner: {} } } } }, /^provisioner is/],
])('%j is refused by name', (file, message) => {
  expect(() => hcl(file)).toThrow(UnsupportedError);
  expect(() => hcl(file)).toThrow(message);
});

it('what may be a block or an attribute is refused by its path', () => {
  expect(() => hcl({ data: { aws_x: { y: { z: [{}] } } } })).toThrow(new UnknownBlockError('data.aws_x.z'));
});
