# Fake nodes: kwok plays the kubelets, by the stages in kwok/. Sourced by up, never run.

fake_nodes() {
  local number nodes=5
  kubeconfig kwok.kubeconfig kwok system:masters
  kubectl create --filename "$here/kwok/guard.yaml" >/dev/null
  # No --server-address: it listens nowhere.
  start kwok "$programs/kwok" --kubeconfig=kwok.kubeconfig --manage-all-nodes --node-lease-duration-seconds=40 \
    --config="$here/kwok/nodes.yaml" --config="$here/kwok/pods.yaml"
  for ((number = 1; number <= nodes; number++)); do
    sed "s/NUMBER/$number/g" "$here/kwok/node.yaml"
  done | kubectl create --filename - >/dev/null
  wait_for kwok "the fake nodes to be ready" kubectl wait nodes --all --for=condition=Ready --timeout=1s
}
