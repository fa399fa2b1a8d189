import type { AgentResources } from './agent-resource';
import type { UnitClaims } from './claims';
import type { LocalSettings } from './settings';

/**
 * Parts of one platform that instances, fronts and Redis are built from.
 *
 * @internal
 */
export interface LocalContext {
  readonly settings: LocalSettings;
  readonly units: UnitClaims;
  readonly agent: AgentResources;
}
