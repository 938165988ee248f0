# Certificates and kubeconfigs of a cluster, from an authority of its own. Sourced by up, never run.

# openssl's own configuration file is not used: it differs between machines and adds extensions.
certificate_authority() {
  mkdir -p "$state/certificates"
  printf '[req]\ndistinguished_name = subject\n[subject]\n' >"$state/certificates/openssl.cnf"
  certificate authority /CN=authority-of-cluster-"$name" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
  # Service account tokens are signed with this one.
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$state/certificates/service-accounts.key"
  openssl pkey -in "$state/certificates/service-accounts.key" -pubout -out "$state/certificates/service-accounts.pub"
}

# certificate FILE SUBJECT OPTION…: a new key and its certificate, signed by the authority once there is one.
certificate() {
  local file="$state/certificates/$1" subject="$2" authority="$state/certificates/authority"
  shift 2
  if [ -e "$authority.crt" ]; then set -- "$@" -CA "$authority.crt" -CAkey "$authority.key"; fi
  openssl req -x509 -config "$state/certificates/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
    -keyout "$file.key" -out "$file.crt" -days 3650 -subj "$subject" "$@" 2>"$state/certificates/openssl.log" ||
    fail "openssl (3.0 or newer is needed) made no certificate: $(cat "$state/certificates/openssl.log")"
}

# server_certificate FILE ADDRESS…: for a server at these addresses (IP:… or DNS:…).
server_certificate() {
  local IFS=,
  certificate "$1" "/CN=${1##*/}" -addext extendedKeyUsage=serverAuth -addext "subjectAltName=${*:2}"
}

# kubeconfig FILE USER GROUP: for a client of the API server at `server`; it holds all it needs and can be copied.
kubeconfig() {
  local user="$2" certificates="$state/certificates"
  certificate "client-${user##*:}" "/O=$3/CN=$user" -addext extendedKeyUsage=clientAuth
  cat >"$state/$1" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters:
- name: $name
  cluster:
    server: $server
    certificate-authority-data: $(base64 -w0 "$certificates/authority.crt")
users:
- name: $user
  user:
    client-certificate-data: $(base64 -w0 "$certificates/client-${user##*:}.crt")
    client-key-data: $(base64 -w0 "$certificates/client-${user##*:}.key")
contexts:
- name: $name
  context: {cluster: $name, user: $user}
current-context: $name
KUBECONFIG
  # Helm warns about others.
  chmod 600 "$state/$1"
}
