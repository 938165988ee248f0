# Container images without a registry, a base image or a builder: OCI archives in the cache folder. Sourced, never run.

# The root file system under every Spark image: Debian and Java, by debootstrap.
debian=bookworm
java=17

# image NAME VERSION: prints the archive of the image, built when it is not there.
image() {
  local folder="$cache/images/$1/$2"
  if [ ! -d "$folder" ]; then
    mkdir -p "${folder%/*}"
    (
      exec 8<"${folder%/*}"
      flock 8
      if [ -d "$folder" ]; then exit; fi
      rm -rf --one-file-system "$folder".??????
      install_once "$folder" "timed_image_$1" "$2" || fail "image $1:$2 could not be built"
    ) || exit
  fi
  echo "$folder/image.tar"
}

timed_image_pause() {
  build_pause "$2"
}

timed_image_base() {
  timed "the base of the Spark images ($1)" "$2" build_base "$2"
}

timed_image_spark() {
  timed "the image of Spark $1" "$2" build_spark "$1" "$2"
}

# timed WHAT FOLDER COMMAND…
timed() {
  local what="$1" folder="$2" started=$SECONDS
  shift 2
  say "building $what; once, a minute or two"
  "$@" && say "built $what in $((SECONDS - started)) s, $(du -sh "$folder" | cut -f1)B"
}

build_pause() {
  mkdir "$1/root" &&
    CGO_ENABLED=0 GOFLAGS='' GOWORK=off go build -ldflags='-s -w' -o "$1/root/pause" "$here/node/pause/main.go" &&
    layer "$1/root" "$1/layer.tar" &&
    archive localhost/pause:1 '"Entrypoint": ["/pause"]' "$1/image.tar" "$1/layer.tar" &&
    # The program is also process 1 of a node.
    mv "$1/root/pause" "$1/pause" && rm -r "$1/root" "$1/layer.tar"
}

# In a mount namespace of its own: what debootstrap mounts ends with it, also when it is killed.
build_base() {
  unshare --mount nice -n 19 debootstrap --variant=minbase \
    --include="openjdk-$java-jre-headless,python3,tini,procps" "$debian" "$1/root" >"$1/debootstrap.log" 2>&1 ||
    { tail -n 5 "$1/debootstrap.log" && return 1; }
  # The user of Spark's own images.
  echo 'spark:x:185:0:spark:/opt/spark:/bin/bash' >>"$1/root/etc/passwd" &&
    rm -rf "$1"/root/{var/cache/apt,var/lib/apt/lists,usr/share/doc,usr/share/man,usr/share/locale}/* &&
    layer "$1/root" "$1/image.tar" && rm -r "$1/root"
}

build_spark() {
  local version="$1" to="$2" base home="$2/root/opt/spark"
  base="$(image base "$debian-java$java")" || return
  mkdir -p "$home" &&
    PIP_ROOT_USER_ACTION=ignore nice -n 19 python3 -m pip install --quiet --no-compile --target "$to/packages" "pyspark==$version" &&
    mv "$to"/packages/pyspark/* "$home/" && mkdir -p "$home/python" "$home/work-dir" "$home/examples/jars" && mv "$to/packages/py4j" "$home/python/" &&
    rm -rf "$home/python/pyspark" && ln -s /opt/spark "$home/python/pyspark" &&
    nice -n 19 javac -nowarn --release 17 -cp "$home/jars/*" -d "$to/classes" "$here/node/SparkPi.java" &&
    jar --create --file "$home/examples/jars/spark-examples.jar" -C "$to/classes" . &&
    chmod 777 "$home/work-dir" &&
    cp "$here/node/entrypoint" "$to/root/opt/entrypoint.sh" && chmod 755 "$to/root/opt/entrypoint.sh" &&
    layer "$to/root" "$to/layer.tar" &&
    archive "localhost/spark:$version" '"User": "185", "WorkingDir": "/opt/spark/work-dir",
      "Entrypoint": ["/opt/entrypoint.sh"], "Env": ["SPARK_HOME=/opt/spark", "HOME=/opt/spark",
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH=/opt/spark/python"]' \
      "$to/image.tar" "$base" "$to/layer.tar" && rm -r "$to"/{packages,classes,root,layer.tar}
}

# layer FOLDER TAR: the folder as a layer of an image.
layer() {
  tar --create --file "$2" --numeric-owner --owner 0 --group 0 --directory "$1" .
}

# archive NAME CONFIG TO LAYER…: an OCI archive of the layers, under the name that the kubelet asks for.
archive() {
  local name="$1" config="$2" to="$3" blobs="$3.d/blobs/sha256" file digest ids='' layers=''
  shift 3
  mkdir -p "$blobs" || return
  for file in "$@"; do
    digest="$(sha256sum "$file" | cut -d' ' -f1)"
    ln "$file" "$blobs/$digest" 2>/dev/null || cp "$file" "$blobs/$digest" || return
    ids+="${ids:+, }\"sha256:$digest\""
    layers+="${layers:+, }$(descriptor application/vnd.oci.image.layer.v1.tar "$blobs/$digest")"
  done
  echo "{\"architecture\": \"$(go env GOARCH)\", \"os\": \"linux\", \"config\": {$config},
    \"rootfs\": {\"type\": \"layers\", \"diff_ids\": [$ids]}}" >"$to.d/config"
  config="$(blob application/vnd.oci.image.config.v1+json "$to.d/config" "$blobs")"
  echo "{\"schemaVersion\": 2, \"mediaType\": \"application/vnd.oci.image.manifest.v1+json\",
    \"config\": $config, \"layers\": [$layers]}" >"$to.d/manifest"
  config="$(blob application/vnd.oci.image.manifest.v1+json "$to.d/manifest" "$blobs")"
  echo "{\"schemaVersion\": 2, \"manifests\": [${config%\}}, \"annotations\":
    {\"io.containerd.image.name\": \"$name\"}}]}" >"$to.d/index.json"
  echo '{"imageLayoutVersion": "1.0.0"}' >"$to.d/oci-layout"
  tar --create --file "$to" --directory "$to.d" oci-layout index.json blobs && rm -r "$to.d"
}

# blob TYPE FILE BLOBS: moves the file to where its digest says and prints its descriptor.
blob() {
  local digest
  digest="$(sha256sum "$2" | cut -d' ' -f1)"
  mv "$2" "$3/$digest"
  descriptor "$1" "$3/$digest"
}

descriptor() {
  echo "{\"mediaType\": \"$1\", \"digest\": \"sha256:${2##*/}\", \"size\": $(stat -c %s "$2")}"
}
