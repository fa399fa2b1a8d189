import { AiwmService } from 'cdktf-aiwm';

/**
 * Placeholders: replace them with your own values. The network is an existing one; `AwsNetwork` creates a new one.
 */
export const site = {
  region: 'eu-central-1',
  network: {
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    publicSubnetIds: ['subnet-0a1b2c3d4e5f60711', 'subnet-0a1b2c3d4e5f60712'],
    privateSubnetIds: ['subnet-0a1b2c3d4e5f60721', 'subnet-0a1b2c3d4e5f60722'],
  },
  hostedZoneId: 'Z0123456789ABCDEFGHIJ',
  serverName: 'chat.example.org',
  service: AiwmService.image('123456789012.dkr.ecr.eu-central-1.amazonaws.com/aiwm-chat:1.4.2'),
  certificateSecretArn:
    'arn:aws:secretsmanager:eu-central-1:123456789012:secret:chat/certificate-AbCdEf',
};
