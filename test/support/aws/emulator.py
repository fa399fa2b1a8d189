"""moto's server with what the tests of ECS need and moto 5.2 does not have."""

import sys

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.common_models import CloudFormationModel
from moto.ecs.models import EC2ContainerServiceBackend
from moto.server import main
from moto.servicediscovery.models import servicediscovery_backends


class PrivateDnsNamespace(CloudFormationModel):
    """The namespace that a stack of CloudFormation makes."""

    # moto takes the name of a service from it.
    __module__ = 'moto.servicediscovery.models'

    def __init__(self, namespace):
        self.namespace = namespace

    @property
    def physical_resource_id(self):
        return self.namespace.id

    def get_cfn_attribute(self, name):
        return {'Arn': self.namespace.arn, 'Id': self.namespace.id}[name]

    @staticmethod
    def cloudformation_name_type():
        return 'Name'

    @staticmethod
    def cloudformation_type():
        return 'AWS::ServiceDiscovery::PrivateDnsNamespace'

    @classmethod
    def create_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name, **_):
        given = cloudformation_json['Properties']
        backend = servicediscovery_backends[account_id][region_name]
        known = set(backend.namespaces)
        backend.create_private_dns_namespace(
            name=given['Name'],
            creator_request_id=resource_name,
            description='',
            vpc=given['Vpc'],
            tags=[],
            properties=given['Properties'],
        )
        (made,) = set(backend.namespaces) - known
        return cls(backend.namespaces[made])

    @classmethod
    def delete_from_cloudformation_json(cls, resource_name, cloudformation_json, account_id, region_name):
        servicediscovery_backends[account_id][region_name].delete_namespace(resource_name)


# The plugin asks for the tags of a scaling target.
ApplicationAutoScalingResponse.list_tags_for_resource = lambda self: '{"Tags":{}}'

# ECS rolls back what does not get well, as an image called so: the service keeps its task definition, and is stable.
update_service = EC2ContainerServiceBackend.update_service


def update_or_roll_back(self, properties):
    wanted = properties.get('task_definition')
    if wanted and 'unwell' in str(self.describe_task_definition(wanted).container_definitions):
        properties = {**properties, 'task_definition': None}
    return update_service(self, properties)


EC2ContainerServiceBackend.update_service = update_or_roll_back

main(sys.argv[1:])
