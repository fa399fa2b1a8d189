/**
 * CloudWatch namespace in which hosts report connections.
 *
 * @internal
 */
export const METRIC_NAMESPACE = 'AIWM';

/**
 * Dimensions of these metrics: the front for nginx hosts; cluster and slot for hosts of instances.
 *
 * @internal
 */
export const METRIC_DIMENSION = { front: 'Front', cluster: 'Cluster', slot: 'Slot' } as const;

/**
 * Multiple of `connectionsPerHost` above which hosts are overloaded and no more are being added.
 *
 * @internal
 */
export const CROWDED_FACTOR = 1.5;
