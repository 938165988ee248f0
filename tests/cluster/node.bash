# One real node: containerd, kubelet, kube-proxy and CoreDNS in namespaces of their own. Sourced by up and down.
#
# Process 1 of the node is a process of ours in new network, process and mount namespaces. When it ends the kernel ends
# every process, container, mount, bridge and iptables rule of the node: nothing of it was ever made on the machine
# itself but a pair of network interfaces (one end is in the node, so it goes as well) and cgroups.
# The API server runs in the node's network, so that it reaches services (webhooks). 10.N.0.0/16 is the cluster's:
# 10.N.0.1 this machine, 10.N.0.2 the node, 10.N.128.0/17 the pods. No route leads further: nothing comes in, nothing goes out.

source "$here/archive.bash"
source "$here/images.bash"
# The interface has the cluster's name; so has the cgroup.
interface="so-$name"

check_node_requirements() {
  local entry missing=''
  [ "$(id -u)" -eq 0 ] || fail "a node needs root: it makes namespaces and network interfaces"
  # A program, and the Debian package that has it.
  for entry in containerd:containerd ctr:containerd runc:runc iptables:iptables conntrack:conntrack ip:iproute2 \
    debootstrap:debootstrap nsenter:util-linux unshare:util-linux javac:default-jdk-headless \
    /usr/lib/cni/ptp:containernetworking-plugins; do
    if ! command -v "${entry%%:*}" >/dev/null && [[ " $missing " != *" ${entry#*:} "* ]]; then
      missing+="${missing:+ }${entry#*:}"
    fi
  done
  if ! python3 -m pip --version >/dev/null 2>&1; then missing+="${missing:+ }python3-pip"; fi
  if [ -z "$missing" ]; then return; fi
  command -v apt-get >/dev/null || fail "missing, by the names of Debian's packages: $missing"
  say "installing Debian packages: $missing"
  mkdir -p "$clusters"
  # shellcheck disable=SC2086 # a list
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing; } \
    >/dev/null 2>"$clusters/apt.log" || fail "apt-get install $missing failed: $(tail -n 3 "$clusters/apt.log")"
  rm -f "$clusters/apt.log"
}

build_node_programs() {
  node_folder="$(kubernetes_programs "$kubernetes" node kubelet kube-proxy)"
  coredns_folder="$(program_folder coredns 1.15.0 coredns '' github.com/coredns/coredns)"
  pause="$(built pause 1)"
  build_spark_layers
}

# enter_node: sets what a command begins with that runs in the node, or only in its network; sets `init`, its process 1.
enter_node() {
  local outside
  outside="$(pid_of node)" || return
  init="$(cat "/proc/$outside/task/$outside/children")"
  init="${init% }"
  in_network=(nsenter "--net=/proc/$init/ns/net" --)
  in_node=(nsenter --target "$init" --net --mount --pid --uts --ipc --)
}

# The namespaces, the network, and in it the control plane.
control_plane_in_node() {
  local number init
  ln -s "$node_folder"/* "$coredns_folder/coredns" "$pause/pause" "$programs/"
  # What tear_down_node looks for.
  mkdir "$state/node"
  start node unshare --net --mount --pid --uts --ipc --fork --kill-child --mount-proc \
    "$BASH" "$here/node/init" "$programs/pause"
  wait_for node "the namespaces of the node" test -e "$state/node/is-up"
  enter_node

  number=200
  while ip -o -4 address | grep -q " 10\.$number\."; do number=$((number + 1)); done
  network="10.$number"
  ip link add "$interface" type veth peer name eth0 netns "$init"
  ip address add "$network.0.1/30" dev "$interface"
  ip link set "$interface" up
  "${in_network[@]}" "$BASH" -euc '
    ip link set lo up
    ip address add "$1.0.2/30" dev eth0
    ip link set eth0 up
    # Addresses of services need a route before iptables can turn them into those of pods. There is no other.
    ip route add 10.96.0.0/16 dev eth0
    echo 1 >/proc/sys/net/ipv4/ip_forward' - "$network"
  ip route add "$network.128.0/17" via "$network.0.2"

  wanted_port="${wanted_port:-6443}"
  control_plane "$network.0.2"
}

real_node() {
  local version
  node_configuration
  start containerd "${in_node[@]}" containerd --config "$state/node/containerd.toml"
  wait_for containerd "containerd" "${in_node[@]}" ctr --address "$state/node/containerd.sock" version
  import_image <"$pause/image.tar" >/dev/null || fail "containerd did not import the image of pods"
  for version in "${sparks[@]}"; do
    spark_archive "$version" "$state/node/archive" | import_image >/dev/null || fail "containerd did not import the image of Spark $version"
  done
  start kubelet "${in_node[@]}" "$programs/kubelet" --kubeconfig="$state/kubelet.kubeconfig" \
    --config="$state/node/kubelet.yaml" --root-dir="$state/node/kubelet" --hostname-override=node --node-ip="$network.0.2"
  start kube-proxy "${in_node[@]}" "$programs/kube-proxy" --config="$state/node/kube-proxy.yaml" --hostname-override=node
  start coredns "${in_node[@]}" "$programs/coredns" -conf "$state/node/Corefile"
  wait_for kubelet "the node to be ready" kubectl wait nodes --all --for=condition=Ready --timeout=1s
}

node_configuration() {
  local snapshotter=overlayfs
  # An overlay on an overlay is refused by the kernel.
  if [ "$(stat -f -c %T "$state")" = overlayfs ]; then snapshotter=native; fi
  kubeconfig kubelet.kubeconfig system:node:node system:nodes
  kubeconfig kube-proxy.kubeconfig system:kube-proxy system:node-proxier
  kubeconfig coredns.kubeconfig coredns system:masters
  cat >"$state/node/containerd.toml" <<TOML
version = 2
root = "$state/node/containerd"
state = "/run/containerd"
# The machine may not let anybody lower its score.
oom_score = 0
[grpc]
  address = "$state/node/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "$snapshotter"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$state/node/cni"
TOML
  mkdir "$state/node/cni"
  # A route per pod and no bridge: what a service answers always passes through iptables.
  cat >"$state/node/cni/10-pods.conflist" <<CNI
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipam": {"type": "host-local", "dataDir": "/run/cni",
    "ranges": [[{"subnet": "$network.128.0/17"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
CNI
  cat >"$state/node/kubelet.yaml" <<KUBELET
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $network.0.2
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: $state/certificates/authority.crt}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /$interface
clusterDNS: [$network.0.2]
clusterDomain: cluster.local
containerRuntimeEndpoint: unix://$state/node/containerd.sock
enforceNodeAllocatable: []
evictionHard: {}
failCgroupV1: false
failSwapOn: false
healthzPort: 0
localStorageCapacityIsolation: false
oomScoreAdj: 0
registerWithTaints: []
resolvConf: ""
KUBELET
  cat >"$state/node/kube-proxy.yaml" <<PROXY
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $state/kube-proxy.kubeconfig}
clusterCIDR: $network.128.0/17
mode: iptables
bindAddress: $network.0.2
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
oomScoreAdj: 0
# Limits of the whole machine are left alone.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
PROXY
  cat >"$state/node/Corefile" <<COREFILE
.:53 {
  bind $network.0.2
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $state/coredns.kubeconfig
  }
}
COREFILE
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$interface"
    # One by one: a controller that cannot be had does not keep the others away.
    for controller in $(</sys/fs/cgroup/cgroup.controllers); do
      echo "+$controller" 2>/dev/null >/sys/fs/cgroup/cgroup.subtree_control || true
    done
  else
    for controller in /sys/fs/cgroup/*/cgroup.procs; do mkdir -p "${controller%/*}/$interface"; done
  fi
}

# Also when `up` was cut short anywhere, and after a restart of the machine.
tear_down_node() {
  local program tries
  # All processes of the node end with its process 1, and that with this one.
  for program in node coredns kube-proxy kubelet containerd; do end "$program"; done
  ip link delete "$interface" 2>/dev/null || true
  # A cgroup can be removed when the last of its processes has been collected.
  for ((tries = 0; tries < 100; tries++)); do
    find /sys/fs/cgroup -depth -type d \( -name "$interface" -o -path "*/$interface/*" \) -exec rmdir {} + 2>/dev/null || true
    if [ -z "$(find /sys/fs/cgroup -type d -name "$interface")" ]; then return 0; fi
    sleep 0.1
  done
  say "cgroups named $interface could not be removed"
}
