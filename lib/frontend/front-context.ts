import type { Upstream } from '../model/upstream';
import type { NginxLayout } from '../platform/contract';
import type { IPlatform } from '../platform/platform';
import type { TokensInText } from '../terraform/tokens-in-text';
import type { Check } from '../validation/check';
import type { NginxWsFrontendProps } from './nginx-ws-frontend-props';

/**
 * The properties of a front and what it takes to resolve them.
 *
 * @internal
 */
export interface FrontContext {
  readonly check: Check;
  readonly props: FrontProps;
  /** How nginx runs on the platform. */
  readonly layout: NginxLayout;
  readonly tokens: TokensInText;
}

/**
 * The properties of a front, with its platform and its upstream decided.
 *
 * @internal
 */
export type FrontProps = NginxWsFrontendProps & {
  readonly platform: IPlatform;
  readonly upstream: Upstream;
};
