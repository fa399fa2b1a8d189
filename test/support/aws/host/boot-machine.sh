#!/bin/sh
# Boots the files of this machine under a real systemd, again whenever it asks for a reboot. What it writes stays in
# memory. Started by `unshare` in namespaces of its own: what is mounted and started here ends with this script.
#
#   boot-machine.sh <name> <folder of further files> <where cgroup2 is mounted>
set -eu
name=$1 files=$2 cgroups=$3
# Of this machine: its own services and mounts, what it keeps of its own boots, and what nobody has packed.
hidden='etc/systemd/system usr/lib/systemd/system-generators etc/fstab etc/machine-id var/log/journal usr/local etc/aiwm'

# Over /run, as systemd-nspawn leaves notes there.
mount -t tmpfs tmpfs /run
mkdir /run/upper /run/work /run/root
for path in $hidden; do
  mkdir -p "/run/upper/$(dirname "$path")"
  # What overlayfs takes for the mark of something removed.
  mknod "/run/upper/$path" c 0 0
done
mount -t overlay overlay -o lowerdir=/,upperdir=/run/upper,workdir=/run/work /run/root
# Removed first, as a link in its place may lead out of the overlay.
cp -R --remove-destination "$files"/* /run/root

boots=0 group=''
leave() {
  # Nothing of it needs a graceful end.
  [ ! -d "$group" ] || echo 1 > "$group/cgroup.kill"
  tries=0
  while [ "$tries" -lt 20 ] && ! tidy; do
    tries=$((tries + 1))
    sleep 0.05
  done
}
# systemd-nspawn makes a second one where the machine has cgroups of version 1 as well.
tidy() {
  for tree in "$cgroups/$name".* /sys/fs/cgroup/systemd/"$name".*; do
    [ ! -d "$tree" ] || find "$tree" -depth -type d -exec rmdir {} + 2> /dev/null || return 1
  done
}
trap 'leave; exit 1' TERM

while :; do
  boots=$((boots + 1))
  group=$cgroups/$name.$boots
  mkdir "$group"
  # A network of its own, as nginx listens on ports that are always the same.
  (
    echo 0 > "$group/cgroup.procs"
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec systemd-nspawn --quiet --boot --directory=/run/root --machine="$name" \
      --register=no --keep-unit --private-network --console=pipe --link-journal=no --resolv-conf=off --timezone=off \
      -- --unit=multi-user.target
  ) &
  code=0
  wait $! || code=$?
  # By which systemd-nspawn says that the machine wants to boot again.
  [ "$code" -eq 133 ] || break
done
leave
exit "$code"
