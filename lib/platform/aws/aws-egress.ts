/** Transport protocol of a destination. */
export enum AwsProtocol {
  /** Connections over TCP. */
  TCP = 'tcp',
  /** Datagrams over UDP. */
  UDP = 'udp',
}

/** Addresses that hosts and instances may connect to. Exactly one of the properties is given. */
export interface AwsDestination {
  /**
   * Address or address range, IPv4 or IPv6, e.g. "10.40.0.0/16".
   *
   * @default - none; another property names the destination
   */
  readonly range?: string;
  /**
   * Id of a managed prefix list, e.g. that of a gateway endpoint for S3.
   *
   * @see https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html
   * @default - none; another property names the destination
   */
  readonly prefixListId?: string;
  /**
   * Id of a security group, e.g. that of interface endpoints or of a database.
   *
   * The group itself has to allow connections from the platform's security groups.
   *
   * @default - none; another property names the destination
   */
  readonly securityGroupId?: string;
}

/** A destination of outbound connections at one port. */
export interface AwsEgress extends AwsDestination {
  /** Port, 1 to 65535. */
  readonly port: number;
  /**
   * Transport protocol.
   *
   * @default AwsProtocol.TCP
   */
  readonly protocol?: AwsProtocol;
}
