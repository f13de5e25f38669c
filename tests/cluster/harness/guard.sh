# Removes a whole cluster: guard.sh FOLDER. It waits until its input ends, which happens when the test process drops the
# cluster or dies, even by SIGKILL. Then it removes every process, mount and file of the cluster.
# If FOLDER contains the file `keep`, it only prints how to use the cluster and how to remove it. It ends the processes in
# FOLDER, in the cluster's control group and in its network, by id, and no others.
folder=$1
name=$(basename "$folder")
trap '' INT HUP TERM
cd /
# The holder of the lock guards the cluster. A cluster without a guard is removed when the next one starts.
exec 8>"$folder/.lock" && flock 8 && mv "$folder/.lock" "$folder/lock"
cat >/dev/null
if [ -e "$folder/keep" ]; then
  # A single printf, so that the lines of two guards do not mix.
  printf 'kept %s, in a network of its own:\n  ip netns exec %s %s kubectl --kubeconfig %s/kubeconfig get pods -A\nto remove it: rm %s/keep; sh %s/guard.sh %s </dev/null\n' \
    "$name" "$name" "$(cat "$folder/keep")" "$folder" "$folder" "$folder" "$folder" >&2
  exit
fi

# Every process that works below the folder: the components and containerd's shims. Pods are in the control group; processes
# that a test started, such as kubectl, are in the network. If this script runs in the network itself, those are left alone.
ours() {
  for process in /proc/[0-9]*; do
    case $(readlink "$process/cwd" 2>/dev/null) in "$folder" | "$folder"/*) echo "${process#/proc/}" ;; esac
  done
  find /sys/fs/cgroup -path "*/$name/*" -name cgroup.procs -exec cat {} + 2>/dev/null
  connected=$(ip netns pids "$name" 2>/dev/null)
  case " $(echo $connected) " in *" $$ "*) ;; *) echo "$connected" ;; esac
}
rounds=0
while pids=$(ours | sort -u) && [ -n "$pids" ]; do
  kill -9 $pids 2>/dev/null
  rounds=$((rounds + 1))
  [ $rounds -lt 300 ] || { echo "$folder: cannot end the processes" $pids >&2; exit 1; }
  sleep 0.05
done

sockets=$(cat "$folder"/containerd-state/*/*/*/address "$folder"/containerd-state/*/*/*/bootstrap.json 2>/dev/null | grep -o '/run/containerd/s/[0-9a-f]*')
rm -f $sockets
grep -o " $folder/[^ ]*" /proc/mounts | sort -r | while read -r mount; do umount "$mount" 2>/dev/null || umount -l "$mount"; done
find /sys/fs/cgroup -depth -type d \( -path "*/$name" -o -path "*/$name/*" \) -exec rmdir {} + 2>/dev/null

ip netns delete "$name" 2>/dev/null

# Files that the CNI library and the kubelet leave in paths that no flag changes.
for result in /var/lib/cni/results/"$name"-*-eth0; do
  sandbox=${result#/var/lib/cni/results/"$name"-} && sandbox=${sandbox%-eth0}
  rm -f "$result" "/var/lib/cni/results/cni-loopback-$sandbox-lo"
done
for link in /var/log/containers/*.log; do
  case $(readlink "$link") in "$folder"/*) rm -f "$link" ;; esac
done
socket=/var/lib/kubelet/device-plugins/kubelet.sock
grep -qs " $socket\$" /proc/[0-9]*/net/unix || { rm -f "$socket" && rmdir -p "${socket%/*}"; } 2>/dev/null
while read -r setting value; do echo "$value" >"$setting"; done 2>/dev/null <"$folder/kernel"
rm -rf "$folder"
