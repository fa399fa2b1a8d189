/** Tokens for the metadata, and none through a hop into a container. */
export const METADATA_OPTIONS = {
  httpEndpoint: 'enabled',
  httpTokens: 'required',
  httpPutResponseHopLimit: 1,
  instanceMetadataTags: 'disabled',
} as const;

/** In GiB: the image, a container's layers twice, logs. */
export const ROOT_SIZE = 20;
