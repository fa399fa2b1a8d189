/** Metadata requires a session token, and a hop limit of one keeps containers away from it. */
export const METADATA_OPTIONS = {
  httpEndpoint: 'enabled',
  httpTokens: 'required',
  httpPutResponseHopLimit: 1,
  instanceMetadataTags: 'disabled',
} as const;

/** Size in GiB: the image, packages and logs. */
export const ROOT_SIZE = 20;
