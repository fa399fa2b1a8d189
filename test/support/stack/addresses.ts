// What Terraform calls a resource, as a person calls it: without the hash that cdktf puts behind.
import type { SynthesizedStack } from 'cdktf-aiwm/testing';

/** "aws_lb.Frontend_Entry_0123ABCD" is "aws_lb.Frontend_Entry", wherever it stands in a text. */
export function withoutHash(text: string): string {
  return text.replace(/_[0-9A-F]{8}\b/g, '');
}

/** "docker_container.Aiwm_Instance1_0123ABCD" is "Aiwm_Instance1". */
export function constructOf(address: string): string {
  return withoutHash(address).replace(/^\w+\./, '');
}

/** The resources of a type by the construct that each came from: "Aiwm_Instance1". */
export function byConstruct<T = Readonly<Record<string, unknown>>>(
  stack: SynthesizedStack,
  type: string,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(stack.resources(type)).map(([name, body]) => [constructOf(name), body as T]),
  );
}
