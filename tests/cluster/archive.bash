# Images as files: layers, OCI archives made of them, and their way into a node. Sourced, never run.

# layer FOLDER TAR: the folder as a layer of an image.
layer() {
  tar --create --file "$2" --numeric-owner --owner 0 --group 0 --directory "$1" .
}

# archive FOLDER NAME CONFIG LAYER…: writes an OCI archive of the layers to standard output, under the name that the
# kubelet asks for. FOLDER is made for the small parts of it, and removed.
archive() {
  local folder="$1" name="$2" config="$3" blobs="$1/blobs/sha256" file digest ids='' layers=''
  shift 3
  mkdir -p "$blobs" || return
  for file in "$@"; do
    digest="$(digest_of "$file")" || return
    # Followed by tar: a layer is copied once, into the archive.
    ln -s "$file" "$blobs/$digest"
    ids+="${ids:+, }\"sha256:$digest\""
    layers+="${layers:+, }$(descriptor application/vnd.oci.image.layer.v1.tar "$blobs/$digest")"
  done
  echo "{\"architecture\": \"$(go env GOARCH)\", \"os\": \"linux\", \"config\": {$config},
    \"rootfs\": {\"type\": \"layers\", \"diff_ids\": [$ids]}}" >"$folder/config"
  config="$(blob application/vnd.oci.image.config.v1+json "$folder/config" "$blobs")"
  echo "{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",
    \"config\": $config, \"layers\": [$layers]}" >"$folder/manifest"
  config="$(blob application/vnd.oci.image.manifest.v1+json "$folder/manifest" "$blobs")"
  echo "{\"schemaVersion\": 2, \"manifests\": [${config%\}}, \"annotations\":
    {\"io.containerd.image.name\": \"$name\"}}]}" >"$folder/index.json"
  echo '{"imageLayoutVersion": "1.0.0"}' >"$folder/oci-layout"
  tar --create --dereference --directory "$folder" oci-layout index.json blobs && rm -r "$folder"
}

# digest_of FILE: its SHA-256, kept beside it: layers are large and never change.
digest_of() {
  local temporary="$1.$BASHPID"
  if [ ! -s "$1.sha256" ]; then
    sha256sum "$1" | cut -d' ' -f1 >"$temporary" && mv "$temporary" "$1.sha256" || return
  fi
  cat "$1.sha256"
}

# blob TYPE FILE BLOBS: moves the file to where its digest says and prints its descriptor.
blob() {
  local digest
  digest="$(sha256sum "$2" | cut -d' ' -f1)"
  mv "$2" "$3/$digest"
  descriptor "$1" "$3/$digest"
}

descriptor() {
  echo "{\"mediaType\": \"$1\", \"digest\": \"sha256:${2##*/}\", \"size\": $(stat -L -c %s "$2")}"
}

# import_image: gives the archive on standard input to the node's containerd. Prints the names of its images.
import_image() {
  "${in_node[@]}" ctr --address "$state/node/containerd.sock" --namespace k8s.io images import - | sed 's/^unpacking \(.*\) (.*/\1/;s/\.\.\..*//'
}
