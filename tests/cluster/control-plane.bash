# etcd, API server, controller manager and scheduler of a cluster. Sourced by up, never run.

# All paths are relative to the state folder, in which the programs run.
etcd_socket=unix://etcd.sock
# What enters the network that the API server is in, when that is not this machine's.
in_network=()

# control_plane ADDRESS OPTION…: starts it; the API server listens on ADDRESS only and gets the further options.
# Sets `server`, the URL of the API server.
control_plane() {
  local address="$1" tries
  shift
  certificate_authority
  server_certificate api-server "IP:$address" IP:127.0.0.1 IP:10.96.0.1 DNS:localhost \
    DNS:kubernetes DNS:kubernetes.default DNS:kubernetes.default.svc DNS:kubernetes.default.svc.cluster.local
  certificate api-server-client /O=system:masters/CN=kube-apiserver -addext extendedKeyUsage=clientAuth
  audit_policy
  # A socket in the state folder, not a port: etcd asks nobody who they are, and needs no port that is free. What it
  # advertises has to look like an address; nobody uses it.
  start etcd "$programs/etcd" --data-dir=etcd --listen-client-urls="$etcd_socket" \
    --advertise-client-urls=http://unused.invalid:1 --listen-peer-urls=unix://etcd-peer.sock \
    --quota-backend-bytes=8589934592 --unsafe-no-fsync --log-level=warn

  for tries in 1 2 3; do
    choose_port "$address"
    server="https://$address:$port"
    kubeconfig kubeconfig admin system:masters
    api_server "$address" "$@"
    if api_server_ready; then break; fi
    # Somebody took the port between the look and the use.
    if [ -n "$wanted_port" ] || [ "$tries" -eq 3 ] || ! grep -q 'address already in use' "$state/logs/kube-apiserver.log"; then
      show_log kube-apiserver
      fail "the API server did not start"
    fi
    end kube-apiserver
    rm "$state/logs/kube-apiserver.log"
  done

  kubeconfig controller-manager.kubeconfig system:kube-controller-manager system:kube-controller-manager
  kubeconfig scheduler.kubeconfig system:kube-scheduler system:kube-scheduler
  # Their own ports are switched off. Client limits are raised: what is tested is not how slow they are by default.
  start kube-controller-manager "$programs/kube-controller-manager" --kubeconfig=controller-manager.kubeconfig \
    --service-account-private-key-file=certificates/service-accounts.key --root-ca-file=certificates/authority.crt \
    --cluster-signing-cert-file=certificates/authority.crt --cluster-signing-key-file=certificates/authority.key \
    --use-service-account-credentials --leader-elect=false --secure-port=0 --kube-api-qps=200 --kube-api-burst=400
  start kube-scheduler "$programs/kube-scheduler" --kubeconfig=scheduler.kubeconfig \
    --leader-elect=false --secure-port=0 --kube-api-qps=200 --kube-api-burst=400
  # Without it no pod is admitted.
  wait_for kube-controller-manager "the service account of the default namespace" \
    kubectl get serviceaccount default --namespace default
}

api_server() {
  local address="$1"
  shift
  start kube-apiserver "${in_network[@]}" "$programs/kube-apiserver" \
    --etcd-servers="$etcd_socket" --bind-address="$address" --advertise-address="$address" --secure-port="$port" \
    --tls-cert-file=certificates/api-server.crt --tls-private-key-file=certificates/api-server.key \
    --client-ca-file=certificates/authority.crt --authorization-mode=Node,RBAC --allow-privileged \
    --service-account-key-file=certificates/service-accounts.pub \
    --service-account-signing-key-file=certificates/service-accounts.key \
    --service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 \
    --kubelet-client-certificate=certificates/api-server-client.crt \
    --kubelet-client-key=certificates/api-server-client.key --kubelet-preferred-address-types=InternalIP \
    --audit-policy-file=audit-policy.yaml --audit-log-path=audit.log --audit-log-maxsize=10000 "$@"
}

# At most 10 GB: by default the log is begun anew after 100 MB, and what was before is not found by whoever reads it.
# Every request of everybody, without bodies: who, verb, resource, status, and in the annotations
# authorization.k8s.io/decision and /reason. A line is written before the client has its answer (mode blocking, the
# default for a file).
audit_policy() {
  cat >"$state/audit-policy.yaml" <<'POLICY'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
POLICY
}

# choose_port ADDRESS: sets `port`: the one that was asked for, or any free one outside the ranges that the kernel
# (32768 and up) and Kubernetes (node ports, 30000–32767) give away.
choose_port() {
  if [ -n "$wanted_port" ]; then
    if port_in_use "$1" "$wanted_port"; then
      fail "port $wanted_port is in use; leave --port out and a free one is taken"
    fi
    port="$wanted_port"
    return
  fi
  port=$((RANDOM % 10000 + 20000))
  while port_in_use "$1" "$port"; do port=$((RANDOM % 10000 + 20000)); done
}

port_in_use() {
  (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

api_server_ready() {
  local deadline=$((SECONDS + 120))
  until kubectl get --raw /readyz >/dev/null 2>&1; do
    if ! runs etcd; then
      show_log etcd
      fail "etcd did not start"
    fi
    if ! runs kube-apiserver || [ "$SECONDS" -gt "$deadline" ]; then return 1; fi
    sleep 0.1
  done
}

# As the administrator, with nothing written to the user's home.
kubectl() {
  "$programs/kubectl" --kubeconfig "$state/kubeconfig" --cache-dir "$state/kubectl-cache" "$@"
}

# wait_for PROGRAM WHAT COMMAND…: waits until COMMAND succeeds; WHAT is what PROGRAM should bring about.
wait_for() {
  local program="$1" what="$2" deadline=$((SECONDS + 120))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if ! runs "$program" || [ "$SECONDS" -gt "$deadline" ]; then
      show_log "$program"
      fail "waited in vain for $what"
    fi
    sleep 0.1
  done
}
