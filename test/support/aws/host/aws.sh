#!/bin/sh
# In the place of the AWS CLI: the same words, answered from a folder. Every call is noted, and nothing of it is secret.
set -eu
home=$AIWM_ROOT/aws
echo "$*" >> "$home/calls"
service=$1 verb=$2
shift 2
output='' key='' version='' secret=''
while [ $# -gt 0 ]; do
  case $1 in
    --key) key=$2; shift ;;
    --version-id) version=$2; shift ;;
    --secret-id) secret=$2; shift ;;
    --*) shift ;;
    *) output=$1 ;;
  esac
  shift
done
no() { printf '\nAn error occurred (%s) when calling the %s operation: %s\n' "$1" "$2" "$3" >&2; exit 254; }
case $service.$verb in
  s3api.get-object)
    [ -d "$home/objects/$key" ] || no NoSuchKey GetObject 'The specified key does not exist.'
    [ -f "$home/objects/$key/$version" ] || no NoSuchVersion GetObject 'The specified version does not exist.'
    cp "$home/objects/$key/$version" "$output"
    echo '{ "ContentLength": 1 }'
    ;;
  secretsmanager.get-secret-value)
    file=$home/secrets/$(echo "$secret" | sed 's/.*://')
    [ -f "$file" ] || no AccessDeniedException GetSecretValue 'this role is not authorized to perform it'
    cat "$file"
    ;;
  ecr.get-login-password) echo the-password-of-the-registry ;;
  cloudwatch.put-metric-data) ;;
  *) echo "aws: $service $verb is not known here" >&2; exit 252 ;;
esac
