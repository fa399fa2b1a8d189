/**
 * CloudWatch namespace in which hosts report connections.
 *
 * @internal
 */
export const METRIC_NAMESPACE = 'AIWM';

/**
 * Dimension of these metrics: the front.
 *
 * @internal
 */
export const METRIC_DIMENSION = 'Front';

/**
 * Multiple of `connectionsPerHost` above which hosts are overloaded and no more are being added.
 *
 * @internal
 */
export const CROWDED_FACTOR = 1.5;
