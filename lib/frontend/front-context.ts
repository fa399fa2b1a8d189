import type { Check } from '../validation/check';
import type { NginxWsFrontendProps } from './nginx-ws-frontend-props';
import type { NginxLayout } from '../platform/contract';
import type { IPlatform } from '../platform/platform';
import { AiwmRoutes } from '../model/routes';
import type { TokensInText } from '../terraform/tokens-in-text';
import type { Upstream } from '../model/upstream';

/**
 * What a user said of a front, and what is needed to check it.
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
 * The properties of a front, with what it stands before and where it runs.
 *
 * @internal
 */
export type FrontProps = NginxWsFrontendProps & {
  readonly platform: IPlatform;
  readonly upstream: Upstream;
};

/** @internal */
export function routesOf({ props }: FrontContext): AiwmRoutes {
  return props.routes ?? AiwmRoutes.guide();
}
