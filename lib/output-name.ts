import type { IConstruct } from 'constructs';
import { resourceName } from './resource-name';

/**
 * The name of a Terraform output: "Chat/Frontend" and "url" make "chat_frontend_url". Terraform's names do not
 * start with a digit.
 *
 * @internal
 */
export function outputName(construct: IConstruct, what: string): string {
  return `${resourceName(construct).replace(/-/g, '_')}_${what}`.replace(/^(?=\d)/, '_');
}
