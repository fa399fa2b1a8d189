#!/bin/sh
# In the place of Docker: an image is a program of Python in /srv/images, a container a transient unit of systemd. As
# with Docker's, a container is no part of the unit that asks for it, and is in no order with others at shutdown.
set -eu
verb=$1
shift
for last in "$@"; do :; done
unit=docker-container.service
no() { echo "Error response from daemon: $1" >&2; exit 1; }
is_there() { systemctl is-active --quiet "$unit"; }
end() { systemctl kill --signal="$1" "$unit" 2> /dev/null || :; }
# Waits for so many tenths of a second, without an end for -1.
wait_for_end() {
  left=$1
  while is_there && [ "$left" -ne 0 ]; do
    sleep 0.1
    left=$((left - 1))
  done
}
systemctl is-active --quiet docker.service || no 'the Engine does not run'
case $verb in
  pull) [ -f "/srv/images/$last" ] || no "manifest for $last not found: manifest unknown" ;;
  image) echo "[{ \"Id\": \"$last\" }]" ;;
  inspect)
    is_there || no 'No such object'
    echo "[{ \"State\": { \"Pid\": $(systemctl show --property=MainPID --value "$unit") } }]"
    ;;
  run)
    # Given as --env-file /dev/stdin.
    cat > /run/container.env
    systemd-run --quiet --collect --unit="$unit" --property=DefaultDependencies=no \
      --property=EnvironmentFile=/run/container.env /usr/bin/python3 "/srv/images/$last"
    ;;
  wait)
    is_there || no 'No such container'
    wait_for_end -1
    echo 137
    ;;
  stop)
    end TERM
    wait_for_end $(($2 * 10))
    end KILL
    wait_for_end -1
    ;;
  kill | rm)
    end KILL
    wait_for_end -1
    ;;
  *) no "'$verb' is not known here" ;;
esac
