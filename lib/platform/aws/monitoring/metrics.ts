/**
 * Where hosts tell how many connections they have.
 *
 * @internal
 */
export const METRIC_NAMESPACE = 'AIWM';

/**
 * Under what they tell it: hosts of nginx under their front, those of instances under their cluster and their slot.
 *
 * @internal
 */
export const METRIC_DIMENSION = { front: 'Front', cluster: 'Cluster', slot: 'Slot' } as const;

/**
 * From so many times `connectionsPerHost` on, hosts are too full: no more of them come.
 *
 * @internal
 */
export const CROWDED_FACTOR = 1.5;
